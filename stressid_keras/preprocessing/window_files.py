"""The files behind prepared windows, for what is computed of them after the preparation."""

import contextlib
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from stressid_keras.errors import StressIDError
from stressid_keras.store.store import PreparedStore
from stressid_keras.system.locking import exclusive


def recordings_of(index, store: PreparedStore, names: Iterable[str]) -> dict:
    """The dataset Recordings of an index by name, among which those that are named must be.

    Raises:
        StressIDError: one is not in the index.
    """
    found = {recording.name: recording for recording in index.recordings}
    if missing := next((name for name in names if name not in found), None):
        raise StressIDError(
            f"{store.path} holds {missing}, which is not in {index.root}; expected the tree that it was made from: "
            "run the preparation again."
        )
    return found


@contextlib.contextmanager
def reading(recording) -> Iterator[None]:
    """Turn an OSError of a recording's files into a sentence that names both."""
    try:
        yield
    except OSError as error:
        raise StressIDError(
            f"{recording.name} cannot be read ({error.strerror}: {error.filename}); expected the files that the "
            "windows were prepared from: restore them or run the preparation again."
        ) from error


@contextlib.contextmanager
def keeping_in(store: PreparedStore) -> Iterator[None]:
    """Hold the prepared folder's lock while what is computed of its windows is written beside them.

    A second process waits for the first, and is to look again for what that wrote.

    Raises:
        StressIDError: the folder cannot be written.
    """
    try:
        with exclusive(store.path):
            yield
    except OSError as error:
        raise StressIDError(
            f"{store.path} cannot be written ({error.strerror or error}); make it writable and run again."
        ) from error


def cut(signal: np.ndarray, window: pd.Series, modality: str, rate: float) -> np.ndarray:
    """The part of a recording that preparation made a window of, which is a row of the manifest."""
    start = round(window["start"] * rate)
    return signal[start : start + round(window[f"{modality}_seconds"] * rate)]

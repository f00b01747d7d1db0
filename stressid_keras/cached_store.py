"""Prepared windows that are read from a slow disk once."""

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np

from stressid_keras.config import MODALITIES
from stressid_keras.preprocessing.store import PreparedStore

FILES = ("prepare.json", "manifest.csv", "failures.csv", *(f"arrays/{name}.bin" for name in MODALITIES))


def cached(store: PreparedStore, cache: str):
    """What to read the arrays of a store from.

    Args:
        cache: "", the store itself; "memory", where an array stays once it has been read; or a path: a copy of the
            store is read from `<path>-<fingerprint>`, and made there if it is missing.
    """
    if not cache:
        return store
    return _InMemory(store) if cache == "memory" else _local_copy(store, Path(f"{cache}-{store.fingerprint}"))


class _InMemory:
    def __init__(self, store: PreparedStore):
        self._store = store
        self._arrays: dict[tuple[int, str], np.ndarray] = {}

    def read(self, row: int, modality: str) -> np.ndarray:
        if (row, modality) not in self._arrays:
            self._arrays[row, modality] = self._store.read(row, modality)
        return self._arrays[row, modality]


def _local_copy(store: PreparedStore, path: Path) -> PreparedStore:
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
            copy = Path(folder) / "copy"
            (copy / "arrays").mkdir(parents=True)
            for name in FILES:
                shutil.copyfile(store.path / name, copy / name)
            if not path.is_dir():  # another process may have been faster
                os.rename(copy, path)
    return PreparedStore.open(path)

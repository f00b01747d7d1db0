"""The prepared folder: what is read from it, and what a second preparation makes of it."""

import shutil

import numpy as np

from stressid_keras.config import DatasetConfig, PreparationConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.modalities import MODALITIES
from stressid_keras.preprocessing import prepare_dataset
from stressid_keras.store.store import FAILURE_COLUMNS, PreparedStore

from .damage import BYTES
from .json_damage import JSON
from .reader import Original, Reader, put
from .text_damage import TEXT
from .verdicts import RIGHT, SAME, Verdict, tried, wrong
from .zip_damage import ZIP, bomb

DAMAGES = {
    ".json": (*JSON, *JSON, *BYTES[:8]),
    ".csv": (*TEXT, *TEXT, *BYTES[:8]),
    ".bin": BYTES,
    ".npz": (*ZIP, *ZIP, *BYTES, bomb),
}
LOST = 0.02  # share of inputs for which a file is taken away


class _Folder(Reader):
    """A reader of a whole folder, of which one file is damaged."""

    source = ""  # below the corpus

    def find_originals(self):
        root = self.corpus / self.source
        paths = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix in DAMAGES)
        return [Original(path, DAMAGES[path.suffix], str(path.relative_to(root))) for path in paths]

    def input(self, seed, number):
        original, content = super().input(seed, number)
        return original, None if np.random.default_rng([seed, number]).random() < LOST else content

    def damaged_copy(self, original, content):
        """The folder anew, with the damaged file in it."""
        folder = self.sandbox / "copy"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.corpus / self.source, folder)
        put(folder / original.name, content)
        return folder


class Stores(_Folder):
    """`PreparedStore.open`, and everything that is read from it: another number is never given out."""

    source = "prepared"

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        self.originals = [o for o in self.originals if not o.name.startswith(".")]
        self.expected = read_store(self.corpus / self.source)

    def judge(self, original, content):
        folder = self.damaged_copy(original, content)
        return tried(lambda: read_store(folder), self._judge)

    def _judge(self, found) -> Verdict:
        for name, value in self.expected.items():
            if not equal(found[name], value):
                return wrong(f"another {name}")
        return SAME


class Preparations(_Folder):
    """A second preparation over a damaged store: it ends with the bytes of the first."""

    source = "prepared"

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        self.index = index_dataset(corpus / "tree", DatasetConfig())
        self.config: PreparationConfig = PreparedStore.open(corpus / "prepared").config
        self.expected = visible_files(corpus / "prepared")

    def judge(self, original, content):
        folder = self.damaged_copy(original, content)
        return tried(lambda: prepare_dataset(self.index, folder, self.config), lambda _: self._judge(folder))

    def _judge(self, folder) -> Verdict:
        found = visible_files(folder)
        unlike = [name for name in sorted(self.expected) if found.get(name) != self.expected[name]]
        return wrong(f"afterwards {unlike[0].split('/')[-1]} is another") if unlike else RIGHT


class Interrupted(Preparations):
    """An interrupted preparation with a damaged part, or a killed replacement of the store, goes on."""

    source = "interrupted"


class Replacements(Preparations):
    """A preparation that was killed before its store was put in place."""

    source = "replaced"


def read_store(folder) -> dict:
    """All that a store says."""
    store = PreparedStore.open(folder)
    found = {
        "manifest": store.manifest,
        "class names": store.class_names,
        "configuration": store.config,
        "counts": store.counts,
        "fingerprint": (store.fingerprint, store.windows_fingerprint),
        "number of bytes": store.nbytes,
        "choice of windows": (store.complete, store.privileged),
        "failures": store.failures,
    }
    assert tuple(store.failures.columns) == FAILURE_COLUMNS
    for row in range(len(store)):
        for modality in MODALITIES:
            if store.has(modality)[row]:
                found[f"{modality} array"] = [*found.get(f"{modality} array", []), store.read(row, modality)]
    return found


def equal(a, b) -> bool:
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.array_equal(a, b)
    return a.equals(b) if hasattr(a, "equals") else a == b


def visible_files(folder) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }

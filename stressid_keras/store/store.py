"""The prepared folder, for reading: one row per window, each array read with its checksum."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from stressid_keras.config import PreparationConfig, from_dict
from stressid_keras.errors import DatasetError, StaleError, shown
from stressid_keras.modalities import MODALITIES, PRIVILEGED, RECORDS
from stressid_keras.provenance import file_fingerprint, read_json, read_sealed
from stressid_keras.store.encoding import stored_type
from stressid_keras.store.stored_arrays import ArrayFile, array_file

ID_COLUMNS = ("recording", "subject", "task")
# What only some preparations measure: a column that is absent from the file is empty in the table.
OPTIONAL_COLUMNS = tuple(
    f"{modality}_{name}" for modality in MODALITIES for name in RECORDS[modality].optional_measures
)
COLUMNS = (
    *ID_COLUMNS,
    "window",
    "label",
    "start",
    "seconds",
    *(f"{modality}_{name}" for modality in MODALITIES for name in ("offset", "shape", "seconds")),
    *(f"{modality}_{name}" for modality in MODALITIES for name in RECORDS[modality].measures),
    *(f"{modality}_checksum" for modality in MODALITIES),
    *OPTIONAL_COLUMNS,
)
FAILURE_COLUMNS = ("recording", "modality", "reason")
TABLES = ("manifest.csv", "failures.csv", "inventory.json")  # whose hashes are in prepare.json
FORMAT = 3  # raised when the same bytes would mean something else


class PreparedStore:
    """Prepared windows; open one with `PreparedStore.open`.

    The arrays of a modality lie one after the other in `arrays/<modality>.bin`, as bytes; the manifest has
    the offset, shape and checksum of each. Nothing is believed that was changed after it was written: the tables and
    the sizes of the files are checked when the store is opened, and an array when a process reads it for the first
    time, which adds half to that reading (CRC-32: 1.7 ms for the 3.1 MB of a window of a minute). Files are
    opened when first read, in every process anew, so that a store is cheap to pickle.

    Attributes:
        path: the folder.
        manifest: one row per window, columns `COLUMNS`.
        class_names: in the order of the label's integers.
        modalities: those of a complete window: the student's and the teacher's.
        config: the PreparationConfig it was made with.
        fingerprint: hash of the configuration and of all inputs; equal stores have equal ones.
        windows_fingerprint: the same, whatever the classes are called: what a training depends on.
        counts: what was prepared, left out and refused.
        notes: what is odd and yet used: "lengths" has, by recording, those of its files, where they differ.
    """

    def __init__(self, path: Path, manifest: pd.DataFrame, description: dict):
        self.path = Path(path)
        self.manifest = manifest
        self.class_names = tuple(description["class_names"])
        self.modalities = tuple(description.get("modalities", MODALITIES))
        self.config = from_dict(PreparationConfig, description["config"])
        self.fingerprint = description["fingerprint"]
        self.windows_fingerprint = description["windows_fingerprint"]
        self.counts = description["counts"]
        self.notes: dict[str, dict[str, str]] = description.get("notes", {})
        self._sizes: dict[str, int] = description["nbytes"]
        self._offsets = {m: manifest[f"{m}_offset"].fillna(-1).to_numpy(np.int64) for m in MODALITIES}
        self._shapes = {m: [_parse_shape(text) for text in manifest[f"{m}_shape"]] for m in MODALITIES}
        self._checksums = {m: manifest[f"{m}_checksum"].to_list() for m in MODALITIES}
        self._files: dict[str, ArrayFile] = {}
        self._checked: set[tuple[int, str]] = set()  # arrays that this process found whole

    @classmethod
    def open(cls, path: Path) -> "PreparedStore":
        """Open a prepared folder.

        Raises:
            DatasetError: there is none, or its preparation was interrupted.
            StaleError: its files do not belong together, or were changed after they were written.
        """
        path = Path(path)
        if not (path / "prepare.json").is_file():
            raise DatasetError(f"{path} is not a prepared folder (no prepare.json); run the preparation.")
        try:
            description = _read_description(path / "prepare.json")
            for name in TABLES:
                if file_fingerprint(path / name) != description["tables"][name]:
                    raise ValueError(f"{name} was changed after it was written")
            store = cls(path, _read_manifest(path / "manifest.csv"), description)
        except (OSError, KeyError, ValueError, TypeError) as error:
            raise StaleError(f"{path} cannot be read ({error}); run the preparation again.") from None
        store._check()
        return store

    def __len__(self) -> int:
        return len(self.manifest)

    def read(self, row: int, modality: str) -> np.ndarray:
        """A window's array of one modality: `shape(row, modality)`, uint16 for audio and uint8 for the others.

        `quantisation.from_stored` gives the numbers that it stands for.

        Raises:
            KeyError: the window does not have this modality.
            StaleError: its bytes are not those that were written.
        """
        shape, key = self.shape(row, modality), (int(row), modality)
        expected = "" if key in self._checked else self._checksums[modality][row]
        if modality not in self._files:
            self._files[modality] = ArrayFile(array_file(self.path, modality))
        offset = int(self._offsets[modality][row])
        array = self._files[modality].read(offset, shape, stored_type(modality), expected)
        self._checked.add(key)
        return array

    def shape(self, row: int, modality: str) -> tuple[int, ...]:
        shape = self._shapes[modality][row]
        if not shape:
            raise KeyError(f"row {row} ({self.manifest['recording'].iloc[row]}) has no {modality}")
        return shape

    def has(self, modality: str) -> np.ndarray:
        """(rows,) bool: which windows have this modality."""
        return self._offsets[modality] >= 0

    @property
    def complete(self) -> np.ndarray:
        """(rows,) bool: which windows have what student and teacher take."""
        return np.all([self.has(modality) for modality in self.modalities], axis=0)

    @property
    def privileged(self) -> np.ndarray:
        """(rows,) bool: which windows have the modalities of the teacher."""
        return np.all([self.has(modality) for modality in self.modalities if modality in PRIVILEGED], axis=0)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(self._sizes.values())

    @cached_property
    def failures(self) -> pd.DataFrame:
        """What could not be used and why, columns `FAILURE_COLUMNS`."""
        return pd.read_csv(self.path / "failures.csv", dtype=str, keep_default_na=False)

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_files": {}, "_checked": set()}

    def _check(self) -> None:
        for modality, expected in self._sizes.items():
            file = array_file(self.path, modality)
            found = file.stat().st_size if file.is_file() else 0
            if found != expected:
                raise StaleError(
                    f"{file} holds {found} bytes; expected {expected}; run the preparation again."
                )


def _read_description(path: Path) -> dict:
    """Raises ValueError: it is damaged, was changed, or is of another version."""
    written = read_json(path)
    found = written.get("format") if isinstance(written, dict) else FORMAT
    if found != FORMAT:
        raise ValueError(f"its format is {shown(found)}; expected {FORMAT}")
    description = read_sealed(path)
    if description is None:
        raise ValueError(f"{path.name} is damaged or was changed after it was written")
    return description


def _read_manifest(path: Path) -> pd.DataFrame:
    """Names as text whatever they look like ("0123", "3e12", "NA"); only numbers may be empty."""
    whole = ("_offset", "_frames", "_samples")
    numbers = [column for column in COLUMNS if column.endswith((*whole, "_seconds", "_share"))]
    types = {column: "Int64" if column.endswith(whole) else "float64" for column in numbers}
    types |= {"window": "int64", "label": "int64", "start": "float64", "seconds": "float64"}
    manifest = pd.read_csv(
        path,
        dtype={column: types.get(column, str) for column in COLUMNS},
        keep_default_na=False,
        na_values={column: [""] for column in numbers},
    )
    if tuple(manifest.columns) != written_columns(manifest.columns):
        raise ValueError("manifest.csv has other columns than this version writes")
    return manifest.reindex(columns=list(COLUMNS))  # the absent ones are numbers: NaN


def written_columns(measured: Iterable[str]) -> tuple[str, ...]:
    """Columns of `manifest.csv` where something was measured in some of the optional ones."""
    absent = set(OPTIONAL_COLUMNS) - set(measured)
    return tuple(column for column in COLUMNS if column not in absent)


def _parse_shape(text: str) -> tuple[int, ...]:
    return tuple(int(side) for side in text.split("x")) if text else ()

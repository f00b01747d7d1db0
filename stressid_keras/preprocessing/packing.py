"""Writing the prepared folder: units in, one file per modality out, replaced as a whole.

Everything is written under `next/`, `next/prepare.json` last. From then on `next/` is complete and `commit`
moves it into place; a commit that was interrupted is finished by the next run. So at any moment the folder
holds the old store, the new one, or what is needed to finish the new one, and `prepare.json` is there only
beside the files that it describes.
"""

import logging
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from stressid_keras.config import QualityConfig
from stressid_keras.errors import StaleError
from stressid_keras.modalities import MODALITIES, PHYSIOLOGICAL, PRIVILEGED
from stressid_keras.preprocessing.failures import by_cause
from stressid_keras.preprocessing.transforms import PreparedWindow
from stressid_keras.preprocessing.units import Unit
from stressid_keras.preprocessing.windows import Span
from stressid_keras.provenance import file_fingerprint, read_sealed, write_sealed, write_text
from stressid_keras.store.encoding import stored_type
from stressid_keras.store.store import (
    COLUMNS,
    FAILURE_COLUMNS,
    FORMAT,
    OPTIONAL_COLUMNS,
    TABLES,
    written_columns,
)
from stressid_keras.store.stored_arrays import ArrayFile, array_file, checksum, found_whole, remember_whole

FILES = (*(f"arrays/{modality}.bin" for modality in MODALITIES), *TABLES)

logger = logging.getLogger(__name__)


class Packer:
    """Collects recordings under `next/`, then puts them in the place of the old store.

    Args:
        folder: the prepared folder.
        needed: modalities without which a window is left out.
        signal_rate: Hz of the signals, in which what they lack of a window is counted.

    Attributes:
        rows, failures: of the tables, in order.
        fingerprints: recording → modality → fingerprint of what was added.
        nbytes: modality → bytes so far.
        windows_left_out: windows that neither teacher nor student can use.
    """

    def __init__(
        self,
        folder: Path,
        needed: tuple[str, ...] = PRIVILEGED,
        signal_rate: float = QualityConfig.signal_rate,
    ):
        self.folder, self.next = folder, folder / "next"
        self.needed, self.signal_rate = needed, signal_rate
        self.rows: list[dict] = []
        self.failures: list[tuple[str, str, str]] = []
        self.fingerprints: dict[str, dict[str, str]] = {}
        self.nbytes = dict.fromkeys(MODALITIES, 0)
        self.windows_left_out = 0
        self._inventory: dict[str, dict] = {}
        shutil.rmtree(self.next, ignore_errors=True)
        (self.next / "arrays").mkdir(parents=True)
        for modality in MODALITIES:
            self._file(modality).touch()

    def add(self, recording, spans: list[Span], units: dict[str, Unit]) -> None:
        """Append a recording's arrays, manifest rows and failures."""
        cells = {modality: self._append(modality, unit) for modality, unit in units.items()}
        self._inventory[recording.name] = cells
        self.fingerprints[recording.name] = {modality: unit.fingerprint for modality, unit in units.items()}
        for modality, unit in units.items():
            for reason in by_cause(window.reason for window in unit.windows if window.reason):
                self.failures.append((recording.name, modality, reason))
        for number, (start, stop) in enumerate(spans):
            window = {
                modality: cells[modality][number] for modality in units if cells[modality][number]["shape"]
            }
            if set(self.needed) <= set(window):
                self.rows.append(_row(recording, number, start, stop, window, self.signal_rate))
            else:
                self.windows_left_out += 1

    def finish(self, description: dict) -> None:
        """Write the tables and the description, then replace the old store."""
        for modality in MODALITIES:
            with open(self._file(modality), "rb+") as file:
                os.fsync(
                    file.fileno()
                )  # a power cut must not leave a description of bytes that never arrived
        inventory = {"format": FORMAT, "fingerprints": self.fingerprints, "windows": self._inventory}
        write_sealed(self.next / "inventory.json", inventory)
        measured = {column for row in self.rows for column in OPTIONAL_COLUMNS if row[column] != ""}
        write_text(self.next / "manifest.csv", _csv(self.rows, written_columns(measured)))
        self.write_failures(self.next / "failures.csv")
        tables = {name: file_fingerprint(self.next / name) for name in TABLES}
        about = {"format": FORMAT, **description, "nbytes": self.nbytes, "tables": tables}
        write_sealed(self.next / "prepare.json", about)
        commit(self.folder)
        remember_whole(self.folder, MODALITIES)

    def write_failures(self, path: Path) -> None:
        write_text(path, _csv(self.failures, FAILURE_COLUMNS))

    def _append(self, modality: str, unit: Unit) -> list[dict]:
        cells = []
        with open(self._file(modality), "ab") as file:
            for window in unit.windows:
                cell = {"offset": self.nbytes[modality], "seconds": window.seconds, "reason": window.reason}
                cell["quality"] = window.quality
                cell["shape"] = [] if window.array is None else list(window.array.shape)
                cell["checksum"] = "" if window.array is None else checksum(window.array)
                if window.array is not None:
                    file.write(np.ascontiguousarray(window.array).data)
                    self.nbytes[modality] += window.array.nbytes
                cells.append(cell)
        return cells

    def _file(self, modality: str) -> Path:
        return array_file(self.next, modality)


def commit(folder: Path) -> None:
    """Move a complete `next/`, or what a killed run left of it, into place; drop an incomplete one."""
    upcoming = folder / "next"
    if (upcoming / "prepare.json").is_file():
        (folder / "prepare.json").unlink(missing_ok=True)
        (folder / "arrays").mkdir(exist_ok=True)
        for name in FILES:
            if (upcoming / name).is_file():
                os.replace(upcoming / name, folder / name)
        os.replace(upcoming / "prepare.json", folder / "prepare.json")
        shutil.rmtree(folder / "parts", ignore_errors=True)
    shutil.rmtree(upcoming, ignore_errors=True)


class StoredUnits:
    """The units of the present store, those alone whose bytes are what was written. Empty if there is no sound store.

    All arrays are read for that, unless the folder remembers that it found them whole and they were not touched since.
    """

    def __init__(self, folder: Path):
        inventory = read_sealed(folder / "inventory.json") or {}
        sound = inventory.get("format") == FORMAT
        self.folder = folder
        self._fingerprints = inventory["fingerprints"] if sound else {}
        self._windows = inventory["windows"] if sound else {}
        self._damaged: set[tuple[str, str]] = set()
        self._files: dict[str, ArrayFile] = {}
        if sound:
            self._check()

    def fingerprint(self, name: str, modality: str) -> str:
        """Fingerprint of a unit; empty if it is not there, or damaged."""
        if (name, modality) in self._damaged:
            return ""
        return self._fingerprints.get(name, {}).get(modality, "")

    def unit(self, name: str, modality: str) -> Unit:
        """Raises StaleError: its bytes are not those that were written."""
        windows = [
            PreparedWindow(self._array(modality, cell), cell["seconds"], cell["reason"], cell["quality"])
            for cell in self._windows[name][modality]
        ]
        return Unit(self._fingerprints[name][modality], windows)

    def _check(self) -> None:
        whole = found_whole(self.folder, MODALITIES)
        unknown = [modality for modality in MODALITIES if modality not in whole]
        for name, modality in ((n, m) for m in unknown for n, units in self._windows.items() if m in units):
            try:
                for cell in self._windows[name][modality]:
                    self._array(modality, cell)
            except StaleError as error:
                logger.warning("%s (the %s of %s is made again)", error, modality, name)
                self._damaged.add((name, modality))
        if unknown:
            remember_whole(self.folder, set(MODALITIES) - {modality for _, modality in self._damaged})

    def _array(self, modality: str, cell: dict) -> np.ndarray | None:
        if not cell["shape"]:
            return None
        if modality not in self._files:
            self._files[modality] = ArrayFile(array_file(self.folder, modality))
        dtype = stored_type(modality)
        return self._files[modality].read(cell["offset"], cell["shape"], dtype, cell["checksum"])


def _row(recording, number: int, start: float, stop: float, window: dict[str, dict], rate: float) -> dict:
    row = dict.fromkeys(COLUMNS, "")
    row |= {"recording": recording.name, "subject": recording.subject, "task": recording.task}
    row |= {"window": number, "label": recording.label, "start": start, "seconds": stop - start}
    for modality, cell in window.items():
        row[f"{modality}_offset"] = cell["offset"]
        row[f"{modality}_shape"] = "x".join(map(str, cell["shape"]))
        row[f"{modality}_seconds"] = cell["seconds"]
        row[f"{modality}_checksum"] = cell["checksum"]
        row |= {f"{modality}_{name}": value for name, value in cell["quality"].items()}
        if modality in PHYSIOLOGICAL and cell["quality"]:  # an image that was made earlier does not tell
            row[f"{modality}_dropped_samples"] = max(0, round((stop - start - cell["seconds"]) * rate))
    return row


def _csv(rows: Iterable, columns: tuple[str, ...]) -> str:
    return pd.DataFrame(list(rows), columns=list(columns)).to_csv(index=False, lineterminator="\n")

"""Writing the prepared folder: units in, one file per modality out, replaced as a whole.

Everything is written under `next/`, `next/prepare.json` last. From then on `next/` is complete and `commit`
moves it into place; a commit that was interrupted is finished by the next run. So at any moment the folder
holds the old store, the new one, or what is needed to finish the new one, and `prepare.json` is there only
beside the files that it describes.
"""

import json
import math
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from stressid_keras.config import MODALITIES, PHYSIOLOGICAL, PRIVILEGED, QualityConfig
from stressid_keras.preprocessing.failures import by_cause
from stressid_keras.preprocessing.quantisation import stored_type
from stressid_keras.preprocessing.store import COLUMNS, FAILURE_COLUMNS, FORMAT
from stressid_keras.preprocessing.transforms import PreparedWindow
from stressid_keras.preprocessing.units import Unit
from stressid_keras.preprocessing.windows import Span
from stressid_keras.provenance import read_json, write_json, write_text

FILES = (
    *(f"arrays/{modality}.bin" for modality in MODALITIES),
    "inventory.json",
    "manifest.csv",
    "failures.csv",
)


class Packer:
    """Collects recordings under `next/`, then puts them in the place of the old store.

    Attributes:
        rows, failures: of the tables, in order.
        fingerprints: recording → modality → fingerprint of what was added.
        nbytes: modality → bytes so far.
        windows_left_out: windows that neither teacher nor student can use.
    """

    def __init__(self, folder: Path, signal_rate: float = QualityConfig.signal_rate):
        self.folder, self.next, self.signal_rate = folder, folder / "next", signal_rate
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
            if set(PRIVILEGED) <= set(window):
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
        inventory = {"fingerprints": self.fingerprints, "windows": self._inventory}
        write_text(self.next / "inventory.json", json.dumps(inventory) + "\n")
        write_text(self.next / "manifest.csv", _csv(self.rows, COLUMNS))
        self.write_failures(self.next / "failures.csv")
        write_json(self.next / "prepare.json", {"format": FORMAT, **description, "nbytes": self.nbytes})
        commit(self.folder)

    def write_failures(self, path: Path) -> None:
        write_text(path, _csv(self.failures, FAILURE_COLUMNS))

    def _append(self, modality: str, unit: Unit) -> list[dict]:
        cells = []
        with open(self._file(modality), "ab") as file:
            for window in unit.windows:
                cell = {"offset": self.nbytes[modality], "seconds": window.seconds, "reason": window.reason}
                cell["quality"] = window.quality
                if window.array is not None:
                    file.write(np.ascontiguousarray(window.array).data)
                    self.nbytes[modality] += window.array.nbytes
                cells.append({**cell, "shape": [] if window.array is None else list(window.array.shape)})
        return cells

    def _file(self, modality: str) -> Path:
        return self.next / "arrays" / f"{modality}.bin"


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
    """The units of the present store; their arrays are mapped, not read. Empty if there is no sound store."""

    def __init__(self, folder: Path):
        description, inventory = read_json(folder / "prepare.json"), read_json(folder / "inventory.json")
        self._fingerprints, self._windows, self._maps = {}, {}, {}
        if description is None or inventory is None:
            return
        self._fingerprints, self._windows = inventory["fingerprints"], inventory["windows"]
        for modality, size in description.get("nbytes", {}).items():
            path = folder / "arrays" / f"{modality}.bin"
            if path.is_file() and path.stat().st_size == size:  # a damaged one is made again, the others kept
                self._maps[modality] = np.memmap(path, np.uint8, "r") if size else np.zeros(0, np.uint8)

    def fingerprint(self, name: str, modality: str) -> str:
        """Fingerprint of a unit; empty if it is not there."""
        return self._fingerprints.get(name, {}).get(modality, "") if modality in self._maps else ""

    def unit(self, name: str, modality: str) -> Unit:
        cells, data = self._windows[name][modality], self._maps[modality]
        dtype = stored_type(modality)
        windows = [
            PreparedWindow(_cut(data, c, dtype), c["seconds"], c["reason"], c["quality"]) for c in cells
        ]
        return Unit(self._fingerprints[name][modality], windows)


def _cut(data: np.ndarray, cell: dict, dtype: np.dtype) -> np.ndarray | None:
    if not cell["shape"]:
        return None
    stop = cell["offset"] + math.prod(cell["shape"]) * dtype.itemsize
    return data[cell["offset"] : stop].view(dtype).reshape(cell["shape"])


def _row(recording, number: int, start: float, stop: float, window: dict[str, dict], rate: float) -> dict:
    row = dict.fromkeys(COLUMNS, "")
    row |= {"recording": recording.name, "subject": recording.subject, "task": recording.task}
    row |= {"window": number, "label": recording.label, "start": start, "seconds": stop - start}
    for modality, cell in window.items():
        row[f"{modality}_offset"] = cell["offset"]
        row[f"{modality}_shape"] = "x".join(map(str, cell["shape"]))
        row[f"{modality}_seconds"] = cell["seconds"]
        row |= {f"{modality}_{name}": value for name, value in cell["quality"].items()}
        if modality in PHYSIOLOGICAL and cell["quality"]:  # an image that was made earlier does not tell
            row[f"{modality}_dropped_samples"] = max(0, round((stop - start - cell["seconds"]) * rate))
    return row


def _csv(rows: Iterable, columns: tuple[str, ...]) -> str:
    return pd.DataFrame(list(rows), columns=list(columns)).to_csv(index=False, lineterminator="\n")

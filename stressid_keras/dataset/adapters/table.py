"""A laboratory's own recordings: a table with a row for each, and a JSON file with what the table cannot say."""

import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset.adapters.adapter import Adapter, Contents, adapter
from stressid_keras.dataset.adapters.table_description import Description, read_description
from stressid_keras.dataset.label_table import Table, read_table
from stressid_keras.dataset.labels import MISSING
from stressid_keras.dataset.names import canonical, is_usable
from stressid_keras.dataset.recording import Part, Recording
from stressid_keras.errors import DatasetError, shown
from stressid_keras.modalities import MODALITIES, PHYSIOLOGICAL, PRIVILEGED

FILE = "recordings.csv"  # in a folder, the table
NEEDED = ("subject", "task", "label", "audio")
PLACES = ("start", "end")
COLUMNS = (
    *NEEDED,
    *PRIVILEGED,
    *PLACES,
    *(f"{name}_{place}" for name in MODALITIES for place in PLACES),
)
EXPECTED = "a table of recordings with the columns subject, task, label, audio and some of " + ", ".join(
    PRIVILEGED
)
SECONDS = re.compile(r"[0-9]+([.,][0-9]*)?")
CLOCK = re.compile(r"(?:([0-9]+):)?([0-9]{1,2}):([0-9]{1,2}(?:[.,][0-9]*)?)")


@adapter
class RecordingTable(Adapter):
    """A CSV file with a row for each recording, and beside it `<same name>.json`: see `table_description`.

    Columns are subject, task and label (a class's name or number; empty: the recording is left out), and one for each
    modality that holds the path of a file, relative to the table's folder. `start` and `end`, in seconds or as
    hours:minutes:seconds, say which part of longer files the recording is; `<modality>_start` and `<modality>_end` say
    it of one modality alone. A file that no other row names and that is no longer than that part holds the recording
    alone.
    """

    name = "table"
    place = 20.0
    names_classes = True

    def recognises(self, path: Path) -> bool:
        return path.is_file() or (path / FILE).is_file()

    def root(self, path: Path) -> Path:
        return _table_path(path).parent

    def title(self, path: Path) -> str:
        table = _table_path(path)
        return table.absolute().parent.name if table.name == FILE else table.stem

    def read(self, path: Path, config: DatasetConfig) -> Contents:
        path = _table_path(path)
        table = read_table(path, EXPECTED, "subject")
        description = read_description(path.with_suffix(".json"))
        rows = _Rows(path, table, description)
        found = rows.recordings()
        labelled = tuple(sorted((r for r in found if r.label is not None), key=lambda r: r.name))
        if not labelled:
            raise DatasetError(
                f"{path} labels no recording; expected a class in the column label of some rows."
            )
        return Contents(
            recordings=labelled,
            rows=len(found),
            class_names=_class_names(path, description, config),
            label_column="label",
            oddities=((f"Columns of {path.name} that are not used", rows.unused),),
            naming=f"fill in the columns of {path.name}, or choose --teacher-modalities that it has",
            absent={name: rows.no_column(name) for name in PRIVILEGED if name not in rows.places},
        )


def _table_path(path: Path) -> Path:
    return path / FILE if path.is_dir() else path


def _class_names(path: Path, description: Description, config: DatasetConfig) -> tuple[str, ...]:
    if config.class_names and len(config.class_names) != len(description.classes):
        raise DatasetError(
            f"{len(config.class_names)} class names were given; {path.with_suffix('.json')} has "
            f"{len(description.classes)} classes."
        )
    return config.class_names or description.classes


@dataclass(frozen=True)
class _Place:
    """Where in the table a cell is, for errors."""

    path: Path
    line: int

    def refuse(self, column: str, found: str, expected: str) -> DatasetError:
        return DatasetError(f"{self.path}, row {self.line}, column {column}: {found}; expected {expected}.")


class _Rows:
    """The rows of a table, read once."""

    def __init__(self, path: Path, table: Table, description: Description):
        self.path, self.description = path, description
        self.titles = [title.strip().lower() for title in table.header]
        self.places = self._columns()
        self.unused = [title for title in table.header if title and title.strip().lower() not in COLUMNS]
        self.rows = [(line, self._cells(cells)) for line, cells in table.rows]

    def recordings(self) -> list[Recording]:
        known: dict[str, int] = {}
        named = self._times_named()
        found = []
        for line, cells in self.rows:
            recording = self._recording(_Place(self.path, line), cells, named)
            if recording.name in known:
                raise DatasetError(
                    f"{self.path}, row {line}, column task: {recording.subject} did {recording.task} in row "
                    f"{known[recording.name]}, too; expected a task's name once for each subject, such as "
                    f"{recording.task}1 and {recording.task}2."
                )
            known[recording.name] = line
            found.append(recording)
        return found

    def no_column(self, name: str) -> str:
        """The sentence about a column that is needed and not there."""
        found = ", ".join(map(shown, self.titles))
        chosen = ""
        if name not in NEEDED:
            had = " ".join(m for m in PRIVILEGED if m in self.titles) or "it has none of them"
            chosen = f", or other --teacher-modalities: {had}"
        return f"{self.path}, row 1: there is no column {name}; found {found}; expected {EXPECTED}{chosen}."

    def _columns(self) -> dict[str, int]:
        for title in self.titles:
            if title in COLUMNS and self.titles.count(title) > 1:
                raise DatasetError(
                    f"{self.path} has {self.titles.count(title)} columns {title}; expected one."
                )
            close = difflib.get_close_matches(title, COLUMNS, n=1, cutoff=0.8)
            if title and title not in COLUMNS and close:
                raise DatasetError(
                    f"{self.path}, row 1: column {shown(title)} is unknown; did you mean {close[0]}? Rename it."
                )
        for needed in NEEDED:
            if needed not in self.titles:
                raise DatasetError(self.no_column(needed))
        return {title: place for place, title in enumerate(self.titles) if title in COLUMNS}

    def _cells(self, cells: tuple[str, ...]) -> dict[str, str]:
        return {title: cells[place] if place < len(cells) else "" for title, place in self.places.items()}

    def _times_named(self) -> dict[tuple[str, str], int]:
        """How many rows name a file for a modality: (modality, path) → count."""
        counts: dict[tuple[str, str], int] = {}
        for _, cells in self.rows:
            for modality in MODALITIES:
                key = modality, os.path.normpath(cells.get(modality, ""))
                counts[key] = counts.get(key, 0) + 1
        return counts

    def _recording(self, place: _Place, cells: dict[str, str], named: dict) -> Recording:
        subject, task = (self._name(place, column, cells[column]) for column in ("subject", "task"))
        filled = {m: cells[m] for m in MODALITIES if cells.get(m, "").lower() not in MISSING}
        sources = {modality: self._file(place, modality, cell) for modality, cell in filled.items()}
        self._check_columns(place, sources)
        rates, parts = self._rates(place, sources), {}
        for modality, cell in filled.items():
            shared = named[modality, os.path.normpath(cell)] > 1
            parts[modality] = self._part(place, modality, cells, shared, rates.get(sources[modality]))
        return Recording(
            f"{subject}_{task}", subject, task, self._label(place, cells["label"]), sources, parts
        )

    def _rates(self, place: _Place, sources: dict[str, Path]) -> dict[Path, float]:
        """The rate of a file is that of each signal in it, whichever of them it is given for."""
        rates: dict[Path, float] = {}
        for name, rate in self.description.rates.items():
            if name in sources and rates.setdefault(sources[name], rate) != rate:
                raise place.refuse(
                    name,
                    f"{sources[name]} is said to have {rates[sources[name]]:g} and {rate:g} rows a second",
                    f"one rate a file in {self.path.with_suffix('.json').name}",
                )
        return rates

    def _check_columns(self, place: _Place, sources: dict[str, Path]) -> None:
        """Refuse two signals of one column."""
        columns: dict[tuple[Path, str], str] = {}
        for name in PHYSIOLOGICAL:
            title = self.description.columns.get(name, name)
            if name in sources and (other := columns.setdefault((sources[name], title), name)) != name:
                raise place.refuse(
                    name,
                    f"column {shown(title)} of {sources[name]} is said to hold {other} and {name}",
                    f"a column for each signal in {self.path.with_suffix('.json').name}",
                )

    def _name(self, place: _Place, column: str, cell: str) -> str:
        name = canonical(cell)
        if not name or not is_usable(name):
            raise place.refuse(column, f"found {shown(cell)}", "a name without slashes, that is not empty")
        return name

    def _label(self, place: _Place, cell: str) -> int | None:
        classes = self.description.classes
        if cell in classes:
            return classes.index(cell)
        if cell.lower() in MISSING:
            return None
        if re.fullmatch(r"[0-9]{1,4}(\.0*)?", cell) and int(float(cell)) < len(classes):
            return int(float(cell))
        raise place.refuse(
            "label",
            f"found {shown(cell)}",
            f"one of {', '.join(classes)}, or a number from 0 to {len(classes) - 1}",
        )

    def _file(self, place: _Place, modality: str, cell: str) -> Path:
        path = self.path.parent / cell
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "does not exist"
            raise place.refuse(
                modality, f"{path} {what}", "the path of a file, from the table's folder, or an empty cell"
            )
        return path

    def _part(
        self, place: _Place, modality: str, cells: dict[str, str], shared: bool, rate: float | None
    ) -> Part:
        start, end = (self._seconds(place, modality, where, cells) for where in PLACES)
        if end is not None and end <= (start or 0.0):
            column = self._column(modality, "end", cells)
            raise place.refuse(column, f"{end:g} s is not after the start, {start or 0:g} s", "a later end")
        if shared and start is None and end is None:
            raise place.refuse(
                modality,
                f"other rows name {cells[modality]}, too",
                "a start and an end for each recording of a file, in columns start and end",
            )
        return Part(start or 0.0, end, shared, rate, self.description.columns.get(modality, ""))

    def _seconds(self, place: _Place, modality: str, where: str, cells: dict[str, str]) -> float | None:
        column = self._column(modality, where, cells)
        text = cells.get(column, "")
        if text.lower() in MISSING:
            return None
        if SECONDS.fullmatch(text):
            return float(text.replace(",", "."))
        if clock := CLOCK.fullmatch(text):
            hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in clock.groups())
            return 3600 * hours + 60 * minutes + seconds
        raise place.refuse(
            column, f"found {shown(text)}", "seconds, such as 90.5, or a time such as 0:01:30.5"
        )

    def _column(self, modality: str, where: str, cells: dict[str, str]) -> str:
        """The column that says where a modality's part starts or ends: its own, where that is filled in."""
        own = f"{modality}_{where}"
        return where if cells.get(own, "").lower() in MISSING else own

"""The label table of a StressID tree: `labels.csv`, one row per recording."""

import csv
import difflib
from dataclasses import dataclass
from pathlib import Path

from stressid_keras.errors import DatasetError

MISSING = ("", "nan", "na", "n/a", "none", "null")  # lower case; how a missing label has been written


@dataclass(frozen=True)
class Labels:
    """Labels by recording name; None where the row has none.

    `misnamed` lists the rows that name no recording, as "line 7 ('Total')".
    """

    by_recording: dict[str, int | None]
    misnamed: tuple[str, ...]


def read_labels(path: Path, column: str, classes: int) -> Labels:
    """Read one column of `labels.csv`; the first column names the recordings, whatever its title.

    Everything is read as text, so that a subject called `0123` or `3e12` keeps its name.

    Args:
        path: the comma-separated file, with a header.
        column: title of the label column, such as "affect3-class".
        classes: labels are integers from 0 to `classes` - 1.

    Raises:
        DatasetError: the file cannot be read, lacks the column, holds a label that is not an integer or not
            a class, or gives one recording two labels.
    """
    header, *rows = _read_rows(path)
    position = _column_position(path, header, column)
    labels: dict[str, int | None] = {}
    misnamed = []
    for line, row in rows:
        name = row[0]
        subject, _, task = name.partition("_")
        if not subject or not task:
            misnamed.append(f"line {line} ({name!r})")
            continue
        text = row[position] if position < len(row) else ""
        label = _label(path, line, name, text, column, classes)
        known = labels.setdefault(name, label)
        if known is None:
            labels[name] = label
        elif label is not None and label != known:
            raise DatasetError(
                f"{path} gives recording {name} two {column} labels, {known} and {label} (line {line}); "
                "expected one: delete the wrong row."
            )
    return Labels(labels, tuple(misnamed))


def _read_rows(path: Path) -> list:
    """The header's cells, then (line number, cells) of every row that is not blank; cells are stripped."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(
            f"{path} cannot be read as comma-separated UTF-8 text ({error}); "
            "expected StressID's label table: restore it from the release."
        ) from error
    rows = [(line, row) for line, row in rows if any(row)]
    if not rows:
        raise DatasetError(
            f"{path} is empty; expected a header and a row per recording: restore it from the release."
        )
    return [rows[0][1], *rows[1:]]


def _column_position(path: Path, header: list[str], column: str) -> int:
    if column in header[1:]:
        return header.index(column, 1)
    close = difflib.get_close_matches(column, header[1:], n=1)
    hint = f"did you mean {close[0]!r}? Rename that column" if close else "choose a label that it has"
    found = ", ".join(repr(title) for title in header)
    raise DatasetError(f"{path} has no column {column!r} after the first; found {found}: {hint}.")


def _label(path: Path, line: int, name: str, text: str, column: str, classes: int) -> int | None:
    if text.lower() in MISSING:
        return None
    expected = f"expected an integer from 0 to {classes - 1}"
    try:
        value = float(text)
        label = int(value)
    except (ValueError, OverflowError):
        value = label = None
    if label is None or label != value:
        raise DatasetError(
            f"{path}, line {line}: the {column} of {name} is {text!r}, not an integer; "
            f"{expected}: correct the cell, or empty it to leave the recording out."
        )
    if not 0 <= label < classes:
        raise DatasetError(
            f"{path}, line {line}: the {column} of {name} is {label}, outside the classes; "
            f"{expected}: correct the cell, or choose the label column that it belongs to."
        )
    return label

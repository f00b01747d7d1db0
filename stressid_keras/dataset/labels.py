"""The label table of a StressID tree: `labels.csv`, one row per recording."""

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from stressid_keras.config import LABEL_COLUMNS
from stressid_keras.dataset.label_table import Table, read_table
from stressid_keras.dataset.names import canonical, is_usable, split_name
from stressid_keras.errors import DatasetError, shown

NAMING = "subject/task"  # title of the column that names the recordings, in lower case
MISSING = (
    "",
    "nan",
    "na",
    "n/a",
    "#n/a",
    "<na>",
    "none",
    "null",
)  # lower case; how a missing label has been written


@dataclass(frozen=True)
class Labels:
    """Labels and subjects by recording name; None where the row has no label.

    `misnamed` lists the rows that name no recording, as "line 7 ('Total')".
    """

    by_recording: dict[str, int | None]
    subjects: dict[str, str]
    misnamed: tuple[str, ...]


def read_labels(path: Path, column: str, classes: int, subjects: Collection[str] = ()) -> Labels:
    """Read one column of `labels.csv`.

    The column titled "subject/task" names the recordings, and where there is none the first one does, whatever its
    title; row numbers before it are left aside. A name may also be written `<subject>/<Task>`. Everything is read as
    text, so that a subject called `0123` or `3e12` keeps its name.

    Args:
        path: the table, with a header; see `read_table` for what it may look like.
        column: title of the label column, such as "affect3-class".
        classes: labels are integers from 0 to `classes` - 1.
        subjects: those who have a folder, canonical; see `split_name`.

    Raises:
        DatasetError: the file cannot be read, lacks the column or has it twice, holds a label that is not an integer
            or not a class, or gives one recording two labels or two subjects.
    """
    table = read_table(path, "StressID's label table: restore it from the release", column)
    naming = _naming_column(path, table, subjects)
    position = _column_position(path, table.header, naming, column)
    labels: dict[str, int | None] = {}
    people: dict[str, str] = {}
    misnamed = []
    for line, row in table.rows:
        written = canonical(row[naming]) if naming < len(row) else ""
        parts = _parts(written, subjects)
        if parts is None:
            misnamed.append(f"line {line} ({shown(written)})")
            continue
        name = "_".join(parts)
        if people.setdefault(name, parts[0]) != parts[0]:
            raise DatasetError(
                f"{path}, line {line}: {name} is of subject {parts[0]!r} and, in a row above, of {people[name]!r}; "
                "expected one subject a recording: rename one."
            )
        text = row[position] if position < len(row) else ""
        label = _label(path, line, name, text, column, classes, table.has_decimal_comma)
        known = labels.setdefault(name, label)
        if known is None:
            labels[name] = label
        elif label is not None and label != known:
            raise DatasetError(
                f"{path} gives recording {name} two {column} labels, {known} and {label} (line {line}); "
                "expected one: delete the wrong row."
            )
    if table.has_row_names and not labels:
        raise _shifted(path, table)
    return Labels(labels, people, tuple(misnamed))


def _parts(written: str, subjects: Collection[str]) -> tuple[str, str] | None:
    """Subject and task of a name as a row has it; None if it names no recording."""
    subject, slash, task = written.partition("/")
    if slash and is_usable(subject) and is_usable(task):
        return subject, task
    return split_name(written, subjects) if is_usable(written) else None


def _naming_column(path: Path, table: Table, subjects: Collection[str]) -> int:
    titles = [title.lower() for title in table.header]
    if NAMING in titles:
        return titles.index(NAMING)
    if titles[0] or len(titles) == 1:
        return 0
    names = any(_parts(canonical(row[0]), subjects) for _, row in table.rows)
    # Row names that are the recordings' stand before the labels; before another column, a field may have been split.
    if names and table.has_row_names and titles[1] not in LABEL_COLUMNS.values():
        raise _shifted(path, table)
    return 0 if names else 1


def _shifted(path: Path, table: Table) -> DatasetError:
    return DatasetError(
        f"{path} has {len(table.header)} fields in every row under {len(table.header) - 1} titles, and it cannot be "
        "told which field has none; expected a title for every field: add it, or use semicolons if commas are decimal."
    )


def _column_position(path: Path, header: tuple[str, ...], naming: int, column: str) -> int:
    found = [index for index, title in enumerate(header) if title == column and index != naming]
    if len(found) == 1:
        return found[0]
    if found:
        raise DatasetError(
            f"{path} has {len(found)} columns {column!r}; expected one: delete or rename the others."
        )
    others = [title for index, title in enumerate(header) if index != naming]
    close = difflib.get_close_matches(column, others, n=1)
    hint = f"did you mean {close[0]!r}? Rename that column" if close else "choose a label that it has"
    raise DatasetError(
        f"{path} has no column {column!r} beside that of the names; found {', '.join(map(shown, header))}: {hint}."
    )


def _label(
    path: Path, line: int, name: str, text: str, column: str, classes: int, decimal_comma: bool
) -> int | None:
    if text.lower() in MISSING:
        return None
    expected = f"expected an integer from 0 to {classes - 1}"
    number = text.replace(",", ".") if decimal_comma else text
    try:
        value = float(number) if "_" not in number else None  # Python reads "1_0" as ten
        label = int(value) if value is not None else None
    except (ValueError, OverflowError):
        value = label = None
    if label is None or label != value:
        raise DatasetError(
            f"{path}, line {line}: the {column} of {name} is {shown(text)}, not an integer; "
            f"{expected}: correct the cell, or empty it to leave the recording out."
        )
    if not 0 <= label < classes:
        raise DatasetError(
            f"{path}, line {line}: the {column} of {name} is {shown(label)}, outside the classes; "
            f"{expected}: correct the cell, or choose the label column that it belongs to."
        )
    return label

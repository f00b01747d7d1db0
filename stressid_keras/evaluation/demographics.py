"""What is known of the people of a tree: `demographics.csv`, where there is one."""

from pathlib import Path

import pandas as pd

from stressid_keras.dataset.adapters import data_root
from stressid_keras.dataset.label_table import read_table
from stressid_keras.dataset.labels import MISSING
from stressid_keras.dataset.names import canonical
from stressid_keras.errors import DatasetError, shown

FILE = "demographics.csv"
SUBJECT_TITLES = ("subject", "id", "participant")
SEX_TITLES = ("sex", "gender")
SPELLINGS = {
    **dict.fromkeys(("f", "female", "woman"), "female"),
    **dict.fromkeys(("m", "male", "man"), "male"),
}
NOT_STATED = "not stated"


def read_demographics(data_dir: Path | str) -> pd.DataFrame | None:
    """The sex of each subject, as `demographics.csv` at the root of a tree states it.

    The first column titled like "subject", "id" or "participant" names the subject, that titled like "sex" or "gender"
    the group ("Subject ID" and "Sex (self-reported)" are such titles); others are ignored, as are upper and lower case.
    See `read_table` for what the file may look like.

    Returns:
        `subject` and `group`, a row per subject: "female" or "male" for the usual English spellings, "not stated" for
        an empty cell, and anything else as it is written, in lower case (a code such as 1 or 2 is not guessed at). None
        if there is no file.

    Raises:
        DatasetError: the file cannot be read, lacks a column of either, or gives one subject two groups.
    """
    path = find_demographics(data_dir)
    if path is None:
        return None
    table = read_table(path, "a header and a row per subject: fill the file, or delete it")
    subject_column, sex_column = (
        _position(path, table.header, titles) for titles in (SUBJECT_TITLES, SEX_TITLES)
    )
    if subject_column == sex_column:
        raise DatasetError(
            f"{path} has one column, {shown(table.header[sex_column])}, for subject and sex; expected one of each, "
            "with commas, semicolons or tabs between them."
        )
    groups: dict[str, str] = {}
    for _, row in table.rows:
        cells = [*row, *[""] * len(table.header)]
        subject, group = canonical(cells[subject_column]), _group(cells[sex_column])
        known = groups.setdefault(subject, group) if subject else group
        if known != group:
            raise DatasetError(
                f"{path} calls subject {subject} {known!r} and {group!r}; expected one row a subject: delete the "
                "wrong one."
            )
    return pd.DataFrame({"subject": list(groups), "group": list(groups.values())}, dtype=str)


def find_demographics(data_dir: Path | str) -> Path | None:
    """The file `read_demographics` reads, if there is one."""
    entries = (entry for entry in sorted(data_root(data_dir).iterdir()) if entry.name.lower() == FILE)
    return next((entry for entry in entries if entry.is_file()), None)


def _position(path: Path, header: tuple[str, ...], titles: tuple[str, ...]) -> int:
    """A column with a title of its own wins over one that holds it as a word."""
    words = [title.lower().replace("_", " ").replace("-", " ").replace("/", " ").split() for title in header]
    for wanted in ([[title] for title in titles], None):
        for position, title in enumerate(words):
            if title in wanted if wanted else any(word.rstrip("s") in titles for word in title):
                return position
    found = ", ".join(repr(title) for title in header)
    raise DatasetError(f"{path} has no column titled {' or '.join(titles)}; found {found}: rename one.")


def _group(text: str) -> str:
    lowered = text.lower()
    return NOT_STATED if lowered in (*MISSING, "unknown", "?", "-") else SPELLINGS.get(lowered, lowered)

"""Who took part in a run, and whether a file says so."""

import html
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from stressid_keras.errors import StressIDError
from stressid_keras.provenance import read_json

SPLIT_PARTS = ("train", "val", "test", "extra_train")


def subjects_of(folder: Path) -> set[str]:
    """The identifiers of all subjects of a run or cross-validation.

    Raises:
        StressIDError: the folder does not tell, or its `split.json` is damaged.
    """
    subjects = set()
    if (folder / "split.json").is_file():
        split = read_json(folder / "split.json")
        parts = [split.get(part, []) for part in SPLIT_PARTS] if isinstance(split, dict) else [None]
        if not all(isinstance(part, list) for part in parts):  # a damaged one must not let a name pass
            raise StressIDError(f"{folder / 'split.json'} is damaged; expected the split of a finished run.")
        subjects = {str(subject) for part in parts for subject in part}
    if (folder / "predictions.csv").is_file():
        table = pd.read_csv(folder / "predictions.csv", usecols=["subject"], dtype=str, keep_default_na=False)
        subjects |= set(table["subject"])
    if not subjects:
        raise StressIDError(
            f"{folder} has neither split.json nor predictions.csv, which tell whose names must not leave; "
            "expected the folder of a finished run."
        )
    return subjects


def names_subject(path: Path, subjects: Collection[str]) -> bool:
    """Whether a text file holds one of the identifiers as a word; of JSON, its keys and texts alone are looked at.

    A number that happens to look like an identifier counts as one: rather too careful than too little.
    """
    names = "|".join(map(re.escape, sorted(subjects)))
    named = re.compile(rf"(?<![^\W_])(?:{names})(?![^\W_])")  # also in 2e45_Math, not in 12e456
    return any(named.search(text) for text in _texts(path))


def _texts(path: Path) -> Iterator[str]:
    content = read_json(path) if path.suffix == ".json" else None
    if content is not None:
        yield from _words(content)
    else:
        text = path.read_text(encoding="utf-8", errors="replace")
        yield from (text, html.unescape(text), text.replace("\\", ""))  # as written, of HTML, of Markdown


def _words(value) -> Iterator[str]:
    if isinstance(value, dict):
        yield from map(str, value)
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _words(item)
    elif isinstance(value, str):
        yield value

"""Nested results as flat lists of values under names that MLflow takes."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import pandas as pd

NAME_LENGTH = 240  # of a metric or parameter: MLflow takes 250, minus a number that tells equal names apart
PART_LENGTH = 60  # of a name between slashes, a file's name in a folder store: at most 240 bytes of UTF-8
VALUE_LENGTH = 500  # of a parameter, the limit of older servers

Keys = tuple[str, ...]
Steps = list[tuple[int, object]]  # (step, value)


def options(config: dict) -> list[tuple[str, str]]:
    """Names and texts of all options of a configuration: `student.filters`, "[16, 32]"."""
    texts = [
        (keys, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for keys, value in _leaves(config)
    ]
    return [(name, text[:VALUE_LENGTH]) for name, text in legally_named(texts, joined_by=".")]


def scores(metrics: dict, subjects: Collection[str]) -> list[tuple[Keys, Steps]]:
    """The values of `metrics.json` with the keys that lead to them, without those of a single subject or recording."""
    return [
        (keys, [(0, value)])
        for keys, value in _leaves(_unfolded(metrics))
        if not any(key == subject or key.startswith(f"{subject}_") for key in keys for subject in subjects)
    ]


def histories(folder: Path) -> Iterator[tuple[Keys, Steps]]:
    """The values of every column of the training histories, with their epochs from 1."""
    for path in sorted(Path(folder).glob("history_*.csv")):
        history = pd.read_csv(path)
        for column in history.select_dtypes("number").columns.drop("epoch", errors="ignore"):
            steps = enumerate(history[column].astype(float), start=1)
            yield ("history", path.stem.removeprefix("history_"), column), list(steps)


def legally_named(values: Iterable[tuple[Keys, object]], joined_by: str = "/") -> list[tuple[str, object]]:
    """Values by names that MLflow takes, none of them twice, not even where capitals do not count."""
    taken, named = set(), []
    for keys, value in values:
        name = legal = joined_by.join(map(_legal, keys))[:NAME_LENGTH].rstrip(joined_by)
        number = 1
        while legal.casefold() in taken:
            number += 1
            legal = f"{name}-{number}"
        taken.add(legal.casefold())
        named.append((legal, value))
    return named


def _legal(key: str) -> str:
    text = re.sub(r"[^\w.-]", "_", key)[:PART_LENGTH]
    return text if text.strip(".") else "_"  # "." and ".." are folders


def _leaves(values: dict, keys: Keys = ()) -> Iterator[tuple[Keys, object]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*keys, str(key)))
        else:
            yield (*keys, str(key)), value


def _unfolded(value, key: str = ""):
    """Lists of scores as dicts: an interval by its ends, the points of a curve by their level."""
    if isinstance(value, dict):
        return {name: _unfolded(item, str(name)) for name, item in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return {f"level_{item.get('level', index)}": _unfolded(item) for index, item in enumerate(value)}
    if isinstance(value, list) and len(value) == 2 and key.endswith("_interval"):
        return dict(zip(("low", "high"), value, strict=True))
    return value

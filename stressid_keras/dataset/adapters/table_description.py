"""The JSON file beside a table of recordings: `{"classes": ["calm", "stress"], "rates": {"ecg": 700, "eda": 700}}`."""

import math
from dataclasses import dataclass
from pathlib import Path

from stressid_keras.errors import DatasetError, shown
from stressid_keras.media.text.table_header import plain_name
from stressid_keras.modalities import PHYSIOLOGICAL
from stressid_keras.provenance import parse_json
from stressid_keras.ranges import LONGEST_NAME, is_name

ENTRIES = ("classes", "rates", "columns")
SLOWEST, FASTEST = 1.0, 100_000.0  # Hz
LARGEST = 1 << 20  # bytes; one has a few hundred
EXAMPLE = '{"classes": ["calm", "stress"], "rates": {"ecg": 700, "eda": 700}}'


@dataclass(frozen=True)
class Description:
    """What a table of recordings cannot say.

    Attributes:
        classes: names, in the order of the labels' numbers.
        rates: Hz, of signals in text files without a time column.
        columns: titles of the signals in their files, in lower case and without a unit, where they are not the signals'
            names.
    """

    classes: tuple[str, ...]
    rates: dict[str, float]
    columns: dict[str, str]


def read_description(path: Path) -> Description:
    """Read the JSON file beside a table.

    Raises:
        DatasetError: it is missing, is no such file, or holds a value that is not what it may be.
    """
    try:
        with open(path, "rb") as file:
            values = parse_json(file.read(LARGEST))
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be read ({error.strerror}); expected the table's {EXAMPLE}."
        ) from None
    except ValueError as error:
        raise DatasetError(f"{path} is not JSON ({error}); expected the table's {EXAMPLE}.") from None
    if not isinstance(values, dict) or "classes" not in values:
        raise DatasetError(f"{path} names no classes; expected the table's {EXAMPLE}.")
    if unknown := sorted(set(values) - set(ENTRIES)):
        raise DatasetError(f"{path} has an entry {shown(unknown[0])}; expected some of {', '.join(ENTRIES)}.")
    return Description(
        _classes(path, values["classes"]),
        _by_signal(path, "rates", values.get("rates", {}), _rate),
        _by_signal(path, "columns", values.get("columns", {}), _column),
    )


def _classes(path: Path, names) -> tuple[str, ...]:
    usable = isinstance(names, list) and all(isinstance(name, str) and is_name(name) for name in names)
    if not usable or not 2 <= len(names) <= 100 or len(set(names)) < len(names):
        raise DatasetError(
            f"{path}, classes: found {shown(names)}; expected a list of 2 to 100 names that differ, of one line and at "
            f"most {LONGEST_NAME} characters each."
        )
    return tuple(names)


def _by_signal(path: Path, entry: str, values, convert) -> dict:
    if not isinstance(values, dict):
        raise DatasetError(f"{path}, {entry}: found {shown(values)}; expected a value for each signal.")
    for name in values:
        if name not in PHYSIOLOGICAL:
            raise DatasetError(
                f"{path}, {entry}: found {shown(name)}; expected some of {', '.join(PHYSIOLOGICAL)}."
            )
    return {name: convert(f"{path}, {entry}, {name}", value) for name, value in values.items()}


def _rate(where: str, value) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not SLOWEST <= value <= FASTEST:
        raise DatasetError(
            f"{where}: found {shown(value)}; expected a rate from {SLOWEST:g} to {FASTEST:,.0f} Hz."
        )
    return float(value)


def _column(where: str, value) -> str:
    if not isinstance(value, str) or not value.strip():
        raise DatasetError(f"{where}: found {shown(value)}; expected the title of a column.")
    return plain_name(value)

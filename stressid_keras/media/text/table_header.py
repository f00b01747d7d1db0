"""The header of a text table: where it is, which separator makes names of it, and what these are."""

import csv
import re

from stressid_keras.errors import RecordingError

SEPARATORS = (";", "\t", ",", "|", None)  # None: any run of spaces and tabs


def split_header(text: str, file: str, needed: tuple[str, ...]) -> tuple[str, int, str]:
    """The body, the number of its first line, and the header, which may be the last comment before the body.

    Raises:
        RecordingError: there is no header.
    """
    comment, number = "", 0
    while text:
        line, _, rest = text.partition("\n")
        number += 1
        bare = line.strip()
        if bare[:1] in ("#", "%"):
            comment = bare.lstrip("#% \t")
        elif bare:
            if comment and _separators(comment, needed) and not _separators(bare, needed):
                return text, number, comment
            return rest, number + 1, line.strip(" ")
        text = rest
    if comment:
        return "", number + 1, comment
    expected = ",".join(name.upper() for name in needed)
    raise RecordingError(f"{file} is empty; expected a header {expected} and samples.")


def header_fields(line: str, file: str, needed: tuple[str, ...]) -> tuple[list[str], str | None]:
    """The names of a header, without quotes, and its separator.

    Raises:
        RecordingError: a needed name is missing, or there twice.
    """
    fitting = _separators(line, needed)
    if not fitting:
        separator = next((mark for mark in SEPARATORS if mark and mark in line), None)
        names = [plain_name(name) for name in _split(line, separator)]
        missing = next((name for name in needed if name not in names), needed[0]).upper()
        expected, found = ", ".join(needed).upper(), ", ".join(names).upper()[:80]
        raise RecordingError(f"{file} has no column {missing}; expected {expected}, found {found}.")
    header = _split(line, fitting[0])
    names = [plain_name(name) for name in header]
    for name in needed:
        if names.count(name) > 1:
            raise RecordingError(f"{file} has {names.count(name)} columns {name.upper()}; expected one.")
    return header, fitting[0]


def _separators(line: str, needed: tuple[str, ...]) -> list[str | None]:
    """Those that make the header one that has the needed names."""
    return [
        mark
        for mark in SEPARATORS
        if (mark is None or mark in line) and set(needed) <= {plain_name(name) for name in _split(line, mark)}
    ]


def _split(line: str, separator: str | None) -> list[str]:
    if separator is None:
        fields = re.findall(r'"[^"]*"|\'[^\']*\'|[^\s\[(]+(?:\s*[\[(][^\])]*[\])])?|\S+', line)
    else:
        try:
            fields = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
        except csv.Error:
            fields = line.split(separator)
    return [field.strip().strip("\"'").strip() for field in fields]


def plain_name(name: str) -> str:
    """A name in lower case, without a unit in brackets."""
    return re.sub(r"[\[(].*?[\])]", "", name).strip().lower()

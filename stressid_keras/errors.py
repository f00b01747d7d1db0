"""Errors a user can act on: one sentence saying where, what was expected and what was found."""

import contextlib
import unicodedata

LONGEST = 600  # characters of a sentence: what is echoed from a damaged file can be as long as the file
LONGEST_VALUE = 80  # characters of a value in a sentence


class StressIDError(ValueError):
    """Base class of every error that this package raises on purpose: one line that every UTF-8 file and console takes.

    A sentence often echoes what a damaged file holds: a longer one loses its middle.
    """

    def __init__(self, sentence: object = ""):
        super().__init__(shortened(in_one_line(str(sentence)), LONGEST))


def name_file(error: OSError, path: object) -> None:
    """Say in an error which file it is about, if it does not: of a full disk, the system does not tell."""
    if error.filename is None:
        with contextlib.suppress(AttributeError):  # one of PyAV's has a name that cannot be set
            error.filename = str(path)


def shown(value: object) -> str:
    """A value as a sentence echoes it: its `repr`, without its middle if that is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of too many digits for Python to write; nested too deeply
        text = f"a {type(value).__name__}"
    return shortened(text, LONGEST_VALUE)


def in_one_line(text: str) -> str:
    """A text with a space for each line break and control character, and half characters (of names that are not UTF-8,
    or of JSON) written as their codes."""
    one_line = "".join(" " if unicodedata.category(mark) in ("Cc", "Zl", "Zp") else mark for mark in text)
    return one_line.encode("utf-8", "backslashreplace").decode("utf-8")


def shortened(text: str, longest: int) -> str:
    """A text of at most `longest` characters; where it is longer, its middle gives way to an ellipsis."""
    if len(text) <= longest:
        return text
    kept = longest - 3
    return f"{text[: kept - kept // 3]} … {text[len(text) - kept // 3 :]}"


class DatasetError(StressIDError):
    """The input tree as a whole cannot be used (missing, empty, no labels, too few subjects)."""


class RecordingError(StressIDError):
    """One recording cannot be used; it is listed in `failures.csv` and the run goes on."""


class StaleError(StressIDError):
    """A stored file was made from other inputs or another configuration than the ones at hand."""


class ExportError(StressIDError):
    """A model cannot be exported, its export does not compute the same, or it is asked for what it cannot do."""

"""The fields of a text table: encoding, how many a line has, and whether one is a number."""

import re

import numpy as np

from stressid_keras.errors import RecordingError

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE | re.ASCII)
_MISSING = {"", "nan", "-nan", "na", "n/a", "#n/a", "#na", "#n/a n/a", "<na>", "null", "none"}  # as in pandas
_MISSING |= {"1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"}
_CONTROL = bytes({*range(32), 127} - {9, 10, 13})
_MOST_LATIN = (
    0.01  # of a file's bytes that may be letters outside ASCII: a unit in a header, not a binary file
)


def check_text(content: bytes, file: str) -> bytes:
    """The content as UTF-8 or an ASCII-like encoding, without a byte order mark.

    Raises:
        RecordingError: not text.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or _is_wide(content):
        content = _from_wide(content, file)
    content = content.removeprefix(b"\xef\xbb\xbf")
    if len(content.translate(None, _CONTROL)) < len(content):
        raise _not_text(file)
    return content


def decoded(content: bytes, file: str) -> str:
    """Text with LF alone at the ends of its lines; what is not UTF-8 is read as Windows' Latin-1.

    Raises:
        RecordingError: not text.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        foreign = np.count_nonzero(np.frombuffer(content, np.uint8) > 127)
        if foreign > max(8, _MOST_LATIN * len(content)):
            raise _not_text(file) from None
        text = content.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def count_fields(raw: bytes, separator: str | None) -> np.ndarray:
    """(lines,) how many fields each line has; a separator at a line's end begins another, empty field."""
    if separator is not None:
        kept = raw.translate(None, bytes({*range(256)} - {10, ord(separator)})) + (
            b"" if raw.endswith(b"\n") else b"\n"
        )
        first = kept[: kept.index(b"\n") + 1]
        if kept == first * (len(kept) // len(first)):  # as nearly always, and ten times as fast to see
            return np.full(len(kept) // len(first), len(first))
    characters = np.frombuffer(raw, np.uint8)
    ends = np.flatnonzero(characters == 10)
    if not raw.endswith(b"\n"):
        ends = np.append(ends, len(raw))
    if separator is None:
        space = (characters == 32) | (characters == 9) | (characters == 10)
        marks = np.flatnonzero(~space & np.concatenate([[True], space[:-1]]))
    else:
        marks = np.flatnonzero(characters == ord(separator))
    before = np.searchsorted(marks, ends)
    return np.diff(before, prepend=0) + (separator is not None)


def ends_with(raw: bytes, separator: str | None) -> bool:
    """Whether a separator ends every line."""
    if separator is None:
        return False
    return all(line.rstrip(b" ").endswith(separator.encode()) for line in raw.rstrip(b"\n").split(b"\n"))


def is_running(raw: bytes, separator: str | None) -> bool:
    """Whether the first field of the lines, two or more, counts them: whole numbers that grow by one."""
    mark = None if separator is None else separator.encode()
    try:
        first = np.array([int(line.split(mark, 1)[0]) for line in raw.rstrip(b"\n").split(b"\n")])
    except (ValueError, IndexError, OverflowError):
        return False
    return first.dtype.kind == "i" and len(first) > 1 and bool((np.diff(first) == 1).all())


def is_number(field: str, decimal: str) -> bool:
    """Whether a field is a number, or says that there is none."""
    field = field.strip()
    if decimal != ".":
        field = field.replace(".", "x").replace(decimal, ".")
    return field.lower() in _MISSING or _NUMBER.fullmatch(field) is not None


def _is_wide(content: bytes) -> bool:
    """Whether every second byte of the beginning is zero, as in UTF-16 without a byte order mark."""
    head = np.frombuffer(content[:64], np.uint8)
    return len(head) >= 8 and any((head[i::2] == 0).all() and (head[1 - i :: 2] != 0).all() for i in (0, 1))


def _from_wide(content: bytes, file: str) -> bytes:
    encoding = "utf-16" if content[0] >= 0xFE else "utf-16-le" if content[1] == 0 else "utf-16-be"
    try:
        return content.decode(encoding).encode()
    except UnicodeError:
        raise _not_text(file) from None


def _not_text(file: str) -> RecordingError:
    return RecordingError(f"{file} is not text; expected lines of numbers under a header.")

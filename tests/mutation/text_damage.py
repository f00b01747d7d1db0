"""Ways to damage text: numbers, separators, lines, encodings, quotes."""

import re

import numpy as np

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
NUMBERS = (
    "nan", "NaN", "inf", "-inf", "1e400", "-1", "0", "", " ", "1,5", "1.5", "1e-320", "-0.0", "99999999999999999999",
    "1_000", "0x10", "٣", "１２", "−5", "1e", "--1", "+1", "1.2.3", "NA", "null", "true", "3e38", "1e308", "２.５",
)  # fmt: skip
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7", "cp037")
LINE_ENDS = ("\r", "\r\n", "\n\n", "\x0b", "\u2028", "\x85", "")
SEPARATORS = (",", ";", "\t", " ", "|", ",,", ", ")
SCRAPS = ('"', "'", '""', "\x00", "#", "\\", "é", "\ufeff", "\u202e", "=1+1", "\x1a", "\r", "ß" * 900)


def change_number(content: bytes, rng: np.random.Generator) -> bytes:
    text = _text(content)
    found = list(NUMBER.finditer(text))
    if not found:
        return content
    for match in [
        found[int(i)] for i in sorted(rng.integers(0, len(found), rng.integers(1, 4)), reverse=True)
    ]:
        text = text[: match.start()] + str(rng.choice(NUMBERS)) + text[match.end() :]
    return _bytes(text)


def nudge_digit(content: bytes, rng: np.random.Generator) -> bytes:
    """One digit another: what no syntax shows."""
    places = [match.start() for match in re.finditer(rb"\d", content)]
    if not places:
        return content
    place = places[int(rng.integers(len(places)))]
    digit = b"0123456789"[(content[place] - 48 + int(rng.integers(1, 10))) % 10]
    return content[:place] + bytes([digit]) + content[place + 1 :]


def swap_letters(content: bytes, rng: np.random.Generator) -> bytes:
    """Two characters that follow each other."""
    if len(content) < 2:
        return content
    place = int(rng.integers(len(content) - 1))
    return content[:place] + content[place : place + 2][::-1] + content[place + 2 :]


def other_separators(content: bytes, rng: np.random.Generator) -> bytes:
    """Every comma, or those of one line."""
    separator = str(rng.choice(SEPARATORS))
    text = _text(content)
    if rng.integers(2):
        return _bytes(text.replace(",", separator))
    lines = text.split("\n")
    place = int(rng.integers(len(lines)))
    lines[place] = lines[place].replace(",", separator)
    return _bytes("\n".join(lines))


def decimal_commas(content: bytes, rng: np.random.Generator) -> bytes:
    """As a spreadsheet of other countries writes it; or, badly, without new separators."""
    text = _text(content)
    separator = (";", "\t", ",")[int(rng.integers(3))]
    return _bytes(text.replace(",", separator).replace(".", ","))


def change_lines(content: bytes, rng: np.random.Generator) -> bytes:
    """Lines dropped, doubled, swapped, joined, cut, emptied, or given one field more or less."""
    lines = _text(content).split("\n")
    a, b = int(rng.integers(len(lines))), int(rng.integers(len(lines)))
    kind = int(rng.integers(9))
    if kind == 0:
        del lines[a]
    elif kind == 1:
        lines.insert(a, lines[a])
    elif kind == 2:
        lines[a], lines[b] = lines[b], lines[a]
    elif kind == 3:
        lines[a : a + 2] = ["".join(lines[a : a + 2])]
    elif kind == 4:
        lines[a] = lines[a][: len(lines[a]) // 2]
    elif kind == 5:
        lines.insert(a, ("", "   ", ",,", "# comment")[int(rng.integers(4))])
    elif kind == 6:
        lines[a] += (",", ",1", ",x", ",,,")[int(rng.integers(4))]
    elif kind == 7:
        lines[a] = lines[a].rpartition(",")[0]
    else:
        lines = [line + "," for line in lines]
    return _bytes("\n".join(lines))


def add_column(content: bytes, rng: np.random.Generator) -> bytes:
    """An index, a time or a constant in front of every row, with or without a title of its own."""
    header, *rows = _text(content).split("\n")
    kind = int(rng.integers(3))
    values = [str(i) if kind == 0 else f"{i / 500:.4f}" if kind == 1 else "7" for i in range(len(rows))]
    title = ("index,", "time,", "x,", ",", "")[int(rng.integers(5))]
    return _bytes(
        "\n".join([title + header, *(f"{v},{r}" if r else r for v, r in zip(values, rows, strict=True))])
    )


def other_encoding(content: bytes, rng: np.random.Generator) -> bytes:
    return _text(content).encode(str(rng.choice(ENCODINGS)), "replace")


def other_line_ends(content: bytes, rng: np.random.Generator) -> bytes:
    return _bytes(_text(content).replace("\n", str(rng.choice(LINE_ENDS))))


def insert_scrap(content: bytes, rng: np.random.Generator) -> bytes:
    text = _text(content)
    place = int(rng.integers(len(text) + 1))
    return _bytes(text[:place] + str(rng.choice(SCRAPS)) + text[place:])


def repeat_token(content: bytes, rng: np.random.Generator) -> bytes:
    """A very long field."""
    text = _text(content)
    place = int(rng.integers(len(text) + 1))
    return _bytes(text[:place] + str(rng.choice(("9", "x", "[", '{"a":', "-"))) * 50_000 + text[place:])


TEXT = (
    change_number,
    change_number,
    nudge_digit,
    swap_letters,
    other_separators,
    decimal_commas,
    change_lines,
    change_lines,
    add_column,
    other_encoding,
    other_line_ends,
    insert_scrap,
    repeat_token,
)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

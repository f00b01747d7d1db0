"""Small tables as spreadsheets and statistics programs write them: encoding, separator and column of row names found
out from the whole file."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from stressid_keras.errors import DatasetError, shown

SEPARATORS = ",;\t"
MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\x00\x00": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
LAST_LINE = "the end of the table"  # added to see that the last row ends where the text does
ENCODINGS = (
    "utf-8",
    "cp1252",
    "latin-1",
)  # without a mark: what is no UTF-8 is what Windows writes in the West


@dataclass(frozen=True)
class Table:
    """A header and its rows; cells are stripped, blank rows left out."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]  # line number, cells: no more than there are titles
    separator: str
    has_row_names: bool = False  # the first column is one that the header leaves out

    @property
    def has_decimal_comma(self) -> bool:
        """Whether a comma in a cell can only be a decimal one."""
        return self.separator != ","


def read_table(path: Path, expected: str, wanted: str = "") -> Table:
    """Read a table whose cells are separated by commas, semicolons or tabs, all as text.

    UTF-8, UTF-16 and, where it is neither, Windows' Western encoding; line ends of any system; empty fields at the end
    of rows. Where every row has one field more than the header, as R writes it, the first is the row's name and its
    title is empty.

    Args:
        expected: what the file is, for the sentences, such as "StressID's label table: restore it".
        wanted: a title that decides between separators.

    Raises:
        DatasetError: it cannot be read, is empty, or some of its rows have more fields than the header has titles.
    """
    try:
        text = _decoded(Path(path).read_bytes())
        separator, text = _separator(text, wanted)
        rows = _rows(text, separator)
    except (OSError, UnicodeError, csv.Error) as error:
        raise DatasetError(
            f"{path} cannot be read as a table of text ({error}); expected {expected}."
        ) from error
    rows = [(line, cells) for line, cells in rows if any(cells)]
    if not rows:
        raise DatasetError(f"{path} is empty; expected {expected}.")
    (_, header), *rows = rows
    has_row_names = {len(cells) for _, cells in rows} == {len(header) + 1} and any(
        cells[-1] for _, cells in rows
    )
    if has_row_names:
        return Table(("", *header), tuple(rows), separator, True)
    return Table(header, tuple(_aligned(path, header, rows, separator)), separator)


def _decoded(content: bytes) -> str:
    mark = next((encoding for mark, encoding in MARKS.items() if content.startswith(mark)), None)
    if mark is None and b"\0" in content[:2]:
        mark = "utf-16-be" if content[0] == 0 else "utf-16-le"
    for encoding in (mark,) if mark else ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            if mark or encoding == ENCODINGS[-1]:
                raise
            continue
        if "\0" in text:
            raise UnicodeError("it holds zero bytes")
        return text
    raise UnicodeError("its encoding is unknown")


def _separator(text: str, wanted: str) -> tuple[str, str]:
    """The separator, and the text without the line "sep=;" by which Excel is told of it."""
    told = re.match(r'\s*"?sep=([,;\t])"?[ ]*(?:\r\n|\r|\n)', text)
    if told:
        return told[1], text[told.end() :]
    first = next((line for line in re.split("[\r\n]", text) if line.strip(SEPARATORS + " ")), "")

    def fit(sign: str) -> tuple[bool, int]:
        titles = [title.strip() for title in next(csv.reader([first], delimiter=sign), [])]
        return wanted in titles, len(titles)

    return max(SEPARATORS, key=fit), text


def _rows(text: str, separator: str) -> list[tuple[int, tuple[str, ...]]]:
    """Line number and stripped cells of every row."""
    file = io.StringIO(f"{text}\n{LAST_LINE}", newline="")
    reader = csv.reader(file, delimiter=separator, skipinitialspace=True)
    rows = [(reader.line_num, tuple(cell.strip() for cell in row)) for row in reader]
    if rows.pop()[1] != (LAST_LINE,):
        raise csv.Error("a quotation mark is not closed")
    return rows


def _aligned(path: Path, header: tuple[str, ...], rows: list, separator: str) -> list:
    """The rows without the empty fields that they have beyond the header's."""
    aligned = []
    for line, cells in rows:
        cells, surplus = cells[: len(header)], cells[len(header) :]
        if any(surplus):
            raise DatasetError(
                f"{path}, line {line}: {len(cells) + len(surplus)} fields under {len(header)} titles, the first "
                f"{shown(cells[0])}; expected no more fields than titles: add the missing title, or quote a cell that "
                f"holds the separator."
            )
        if len(cells) == 1 < len(header) and any(
            sign in cells[0] for sign in SEPARATORS if sign != separator
        ):
            raise DatasetError(
                f"{path}, line {line}: {shown(cells[0])} is separated otherwise than the header is; expected one "
                "separator in all rows: correct the row."
            )
        aligned.append((line, cells))
    return aligned

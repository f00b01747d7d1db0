"""Text tables of numbers, whatever program wrote them: understood as a whole, or refused with the line."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stressid_keras.errors import RecordingError, shown
from stressid_keras.media.text.table_fields import (
    check_text,
    count_fields,
    decoded,
    ends_with,
    is_number,
    is_running,
)
from stressid_keras.media.text.table_header import header_fields, plain_name, split_header

PLAIN = "\x1f"  # between the fields of a table whose quotes were resolved: no text file holds it
MOST_BYTES = 2**31  # of a file: six hours of ten columns at 1,000 Hz


@dataclass(frozen=True)
class TextTable:
    """A table of which every row has as many fields as its header.

    Attributes:
        file: its name, for errors.
        header: the names as they stand there, without quotes; "" where a column has none.
        names: the same in lower case and without a unit in brackets, such as "eda" of "EDA [µS]".
    """

    file: str
    header: tuple[str, ...]
    names: tuple[str, ...]
    _body: bytes  # the rows, a line each, no blank ones
    _separator: str | None
    _rows: int
    _lines: range | np.ndarray  # of the rows, in the file

    def __len__(self) -> int:
        return self._rows

    def numbers(self, columns: dict[int, type]) -> dict[int, np.ndarray]:
        """Columns by their place, each of the type that is asked for; an empty field is NaN.

        The decimal mark is a comma where the fields are not separated by commas and these columns have commas.

        Raises:
            RecordingError: a field that is not a number, or one whose decimal mark cannot be told.
        """
        decimal = self._decimal(list(columns))
        body = self._body
        if (
            self._separator is not None and b" " in body
        ):  # at the end of a field, "NaN " is no number to pandas
            mark = re.escape(self._separator.encode())
            body = re.sub(rb" *(%s|\n) *" % mark, rb"\1", body).strip(b" ")
        try:
            with np.errstate(over="ignore"):  # beyond float32 a number is infinite, which counts as missing
                table = self._read(body, columns, decimal)
        except (ValueError, OverflowError, pd.errors.ParserError):
            raise self._not_a_number(list(columns), decimal) from None
        return {column: table[column].to_numpy() for column in columns}

    def texts(self, columns: list[int]) -> dict[int, np.ndarray]:
        """Columns by their place, as they stand there, without spaces at the ends."""
        if not columns:
            return {}
        table = self._read(self._body, dict.fromkeys(columns, str), ".", na_filter=False)
        return {column: table[column].str.strip().to_numpy(dtype=object) for column in columns}

    def first(self, column: int) -> str:
        """The first row's field."""
        return self._fields(self._body.partition(b"\n")[0].decode())[column]

    def line(self, row: int) -> str:
        """How an error names a row."""
        return f"{self.file}, line {self._lines[row]}"

    def _read(self, body: bytes, columns: dict[int, type], decimal: str, **options) -> pd.DataFrame:
        table = pd.read_csv(
            io.BytesIO(body),
            sep=self._separator or r"\s+",
            header=None,
            names=range(len(self.names)),
            usecols=list(columns),
            dtype=columns,
            decimal=decimal,
            skipinitialspace=True,
            quoting=csv.QUOTE_NONE,
            engine="c",
            encoding="utf-8",
            **options,
        )
        if len(table) != self._rows:
            raise ValueError("rows were lost")
        return table

    def _decimal(self, columns: list[int]) -> str:
        if self._separator == "," or b"," not in self._body:
            return "."
        for texts in self.texts(columns).values():
            fields = pd.Series(texts)
            with_comma = fields.str.contains(",", regex=False)
            if not with_comma.any():
                continue
            with_point = fields.str.contains(".", regex=False)
            thousands = fields[with_comma].str.fullmatch(r"-?[1-9]\d{0,2}(,\d{3})+").all()
            large = fields[~with_comma].str.fullmatch(r"-?[1-9]\d\d").any()
            if with_point.any() or (thousands and large):
                row = int(with_comma.to_numpy().argmax())
                raise RecordingError(
                    f"{self.line(row)}: found {fields[row][:40]!r}, and elsewhere in the column numbers that make its "
                    "comma a mark of thousands; expected decimal points or decimal commas alone."
                )
            return ","
        return "."

    def _not_a_number(self, columns: list[int], decimal: str) -> RecordingError:
        for row, line in enumerate(self._body.decode().split("\n")):
            fields = self._fields(line) if line else []
            for column in columns if fields else ():
                if not is_number(fields[column], decimal):
                    found = shown(fields[column].strip()[:40])
                    return RecordingError(
                        f"{self.line(row)}: found {found}; expected a number for {self.header[column]}."
                    )
        return RecordingError(f"{self.file} cannot be read as a table of numbers.")

    def _fields(self, line: str) -> list[str]:
        return line.split(self._separator)


def read_text_table(path: Path, needed: tuple[str, ...]) -> TextTable:
    """Find the header, the separator and the rows of a text file, all of it looked at.

    Understood are UTF-8, UTF-16 and Latin-1, with a byte order mark or without; LF, CRLF and CR; fields separated by
    commas, semicolons, tabs, bars or spaces, quoted or not; a separator at the end of every row; a header behind `#`
    or `%`; a column of row numbers without a name, also where the header then is a field shorter. Blank lines are no
    rows, nor is a last line that was cut off.

    Args:
        needed: names, in lower case, that the header must have.

    Raises:
        RecordingError: not text, no header with these names, two of one, no rows, or rows whose number of fields is not
            that of the header.
        OSError: it cannot be read.
    """
    path = Path(path)
    if path.stat().st_size > MOST_BYTES:
        raise RecordingError(f"{path.name} is larger than {MOST_BYTES >> 30} GiB; expected one recording.")
    content = check_text(path.read_bytes(), path.name)
    body, start, line = split_header(decoded(content, path.name), path.name, needed)
    header, separator = header_fields(line, path.name, needed)
    if '"' in body or "'" in body:
        body, separator = _without_quotes(body, separator, path.name)
    raw = body.encode()
    lines: range | np.ndarray = range(start, start + len(raw))  # more than there are
    counts = count_fields(raw, separator)
    blank = counts == (separator is not None)
    if blank.any():
        raw, counts, lines = _without_blank_lines(raw, counts, np.flatnonzero(blank), start)
    if not len(counts):
        expected = ", ".join(name.upper() for name in needed)
        raise RecordingError(f"{path.name} has a header and no rows; expected samples of {expected}.")
    header, raw, rows = _fitted(header, raw, counts, separator, path.name, lines)
    names = tuple(plain_name(name) for name in header)
    return TextTable(path.name, tuple(header), names, raw, separator, rows, lines)


def _without_blank_lines(
    raw: bytes, counts: np.ndarray, suspects: np.ndarray, start: int
) -> tuple[bytes, np.ndarray, np.ndarray]:
    """The rows, how many fields they have, and which lines of the file they are."""
    rows = raw.split(b"\n")
    kept = np.ones(len(counts), bool)
    kept[[line for line in suspects if not rows[line].strip(b" ")]] = False
    end = b"\n" if raw.endswith(b"\n") or not kept[-1:].all() else b""
    left = b"\n".join(row for row, keep in zip(rows, kept, strict=False) if keep) + end
    return left, counts[kept], start + np.flatnonzero(kept)


def _without_quotes(body: str, separator: str | None, file: str) -> tuple[str, str]:
    """The rows with PLAIN between their fields, so that a separator inside quotes is none."""
    quote = '"' if '"' in body else "'"
    if separator is None:
        pattern = re.compile(rf"{quote}[^{quote}\n]*{quote}|\S+")
        rows = [pattern.findall(line) for line in body.split("\n") if line]
    else:
        try:
            lines = body.rstrip("\n").split("\n")
            rows = list(
                csv.reader(lines, delimiter=separator, quotechar=quote, skipinitialspace=True, strict=True)
            )
        except csv.Error as error:
            raise RecordingError(f"{file} has quotes that do not match ({error}).") from None
    joined = (PLAIN.join(field.strip().strip(quote).replace("\n", " ") for field in row) for row in rows)
    return "\n".join(joined) + ("\n" if body.endswith("\n") else ""), PLAIN


def _fitted(
    header: list[str],
    raw: bytes,
    counts: np.ndarray,
    separator: str | None,
    file: str,
    lines: range | np.ndarray,
) -> tuple[list[str], bytes, int]:
    """The header with as many names as the rows have fields, the rows, and how many they are."""
    expected = len(header)
    if len(counts) > 1 and not raw.endswith(b"\n") and counts[-1] < counts[:-1].min():
        raw, counts = (
            raw[: raw.rindex(b"\n") + 1],
            counts[:-1],
        )  # the recorder stopped in the middle of a line
    common = int(counts[0])
    if (counts == common).all():
        if common == expected:
            return header, raw, len(counts)
        if common == expected - 1 and not header[-1]:  # a separator at the end of the header alone
            return header[:-1], raw, len(counts)
        if common == expected + 1 and ends_with(raw, separator):
            return [*header, ""], raw, len(counts)
        if common == expected + 1 and is_running(raw, separator):
            return ["", *header], raw, len(counts)
    wrong = int(np.argmax(counts != expected))
    fields = "1 field" if counts[wrong] == 1 else f"{counts[wrong]} fields"
    advice = (
        " (is a decimal comma read as a separator?)" if separator == "," and counts[wrong] > expected else ""
    )
    raise RecordingError(
        f"{file}, line {lines[wrong]}, has {fields}; expected {expected}, as its header has{advice}."
    )

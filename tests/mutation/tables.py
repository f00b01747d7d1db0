"""Tables of text: signals, labels, people. A few lines of plain Python say what they hold."""

import csv
import io
import math

import numpy as np

from stressid_keras.config import PreparationConfig
from stressid_keras.dataset.index import Recording
from stressid_keras.dataset.labels import read_labels
from stressid_keras.modalities import PHYSIOLOGICAL
from stressid_keras.preprocessing.signals.physiology import load_signals
from stressid_keras.preprocessing.work import prepare_recording

from .damage import BYTES
from .reader import Original, Reader, put
from .text_damage import TEXT
from .verdicts import RIGHT, SAME, Verdict, refusal_reason, tried, wrong


class Signals(Reader):
    """`load_signals` and preparation."""

    def find_originals(self):
        return [Original(p, (*BYTES, *TEXT, *TEXT)) for p in sorted((self.corpus / "signals").iterdir())]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        self.expected = {original.path: load_signals(original.path) for original in self.originals}

    def judge(self, original, content):
        path = put(self.sandbox / "2ea4_Stroop.txt", content)
        read = tried(lambda: load_signals(path), lambda found: self._judge(original, content, found))
        if read.is_fault:
            return read
        prepared = tried(lambda: _prepared(path), _judge_windows)
        return prepared if prepared.is_fault else read

    def _judge(self, original, content, found) -> Verdict:
        if _equal(found, self.expected[original.path]):
            return SAME
        plain = plain_table(content)
        if plain is None:
            return wrong("a table that plain Python cannot read")
        if len(found["ecg"]) == len(plain["ecg"]) - 1 and not content.endswith(b"\n"):  # a line that was cut
            plain = {name: values[:-1] for name, values in plain.items()}
        if not _equal(found, plain):
            lengths = {len(values) for values in found.values()}, {len(values) for values in plain.values()}
            return wrong(
                f"other numbers than the text's{'' if lengths[0] == lengths[1] else ', and another length'}"
            )
        return RIGHT


class LabelTables(Reader):
    """`read_labels`."""

    COLUMN = "affect3-class"

    def find_originals(self):
        return [Original(self.corpus / "labels" / "labels.csv", (*BYTES, *TEXT, *TEXT))]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        self.expected = read_labels(self.originals[0].path, self.COLUMN, 3).by_recording

    def judge(self, original, content):
        path = put(self.sandbox / "labels.csv", content)
        return tried(
            lambda: read_labels(path, self.COLUMN, 3).by_recording, lambda found: self._judge(content, found)
        )

    def _judge(self, content, found) -> Verdict:
        if found == self.expected:
            return SAME
        rows = plain_rows(content)
        if rows is None:
            return wrong("a table that plain Python cannot read")
        column = rows[0].index(self.COLUMN)
        column += all(len(row) == len(rows[0]) + 1 for row in rows[1:])  # row names, without a title
        for name, label in found.items():
            cells = [row[column] if column < len(row) else "" for row in rows[1:] if name in row]
            if not cells:
                return wrong("a recording that no row names")
            if label is not None and not any(_number(cell) == label for cell in cells):
                return wrong("a label that its row does not have")
        return RIGHT


def plain_rows(content: bytes) -> list[list[str]] | None:
    """Stripped cells of the lines that are not blank; None: no text that we read."""
    wide = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}.get(content[:2])
    if content[:4] == b"\xff\xfe\0\0":
        wide = "utf-32"
    elif b"\0" in content[:2]:
        wide = "utf-16-be" if content[0] == 0 else "utf-16-le"
    for encoding in (wide,) if wide else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        first = next((line for line in text.splitlines() if line.strip()), "")
        separator = max(",;\t|", key=first.count)
        if separator not in first:
            return [line.split() for line in text.splitlines() if line.strip()] or None
        try:
            rows = [
                [c.strip() for c in row]
                for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)
            ]
        except csv.Error:
            return None
        return [row for row in rows if row and row != [""]] or None
    return None


def plain_table(content: bytes) -> dict[str, np.ndarray] | None:
    """The three signals, float32, where every row has as many fields as the header; one more names the row."""
    rows = plain_rows(content)
    if rows is None:
        return None
    header = [name.strip("\"'").lower() for name in rows[0]]
    if any(name not in header for name in PHYSIOLOGICAL):
        return None
    decimal = "," if b";" in content.split(b"\n")[0] or b"\t" in content.split(b"\n")[0] else "."
    width, places = len(header), [header.index(name) for name in PHYSIOLOGICAL]
    values = []
    for row in rows[1:]:
        while len(row) > width and not row[-1]:
            row = row[:-1]
        if len(row) == width + 1:
            row = row[1:]
        if len(row) > width:
            return None
        row = [*row, *[""] * (width - len(row))]
        values.append([_number(row[place].replace(decimal, ".")) for place in places])
    with np.errstate(over="ignore"):
        table = np.array(values, np.float64).reshape(-1, 3).astype(np.float32)
    return dict(zip(PHYSIOLOGICAL, table.T, strict=True))


def _number(text: str) -> float:
    try:
        return float(text) if text else math.nan
    except ValueError:
        return math.nan


def _equal(found: dict, other: dict) -> bool:
    return all(
        len(found[name]) == len(other[name])
        and np.allclose(found[name], other[name], rtol=1e-5, atol=1e-6, equal_nan=True)
        for name in PHYSIOLOGICAL
    )


def _prepared(path):
    recording = Recording("2ea4_Stroop", "2ea4", "Stroop", 0, dict.fromkeys(PHYSIOLOGICAL, path))
    return prepare_recording(recording, PreparationConfig())


def _judge_windows(by_modality) -> Verdict:
    if len(next(iter(by_modality.values()))) > 1500:
        return wrong("more windows than a day has")
    reasons = [window.reason for windows in by_modality.values() for window in windows if window.reason]
    return next((v for v in map(refusal_reason, reasons) if v.is_fault), RIGHT)

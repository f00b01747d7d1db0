"""ECG, EDA and respiration from StressID's text files."""

from pathlib import Path

import numpy as np
import pandas as pd

from stressid_keras.config import PHYSIOLOGICAL, QualityConfig
from stressid_keras.errors import RecordingError


def load_signals(path: Path) -> dict[str, np.ndarray]:
    """Read a text file with the columns ECG, EDA and RR (respiration).

    Byte order mark, CRLF, semicolons (also with decimal commas), tabs, spaces, case of the names, further
    columns and a missing last newline are tolerated; an empty field is NaN.

    Returns:
        {"ecg", "eda", "rr"}: (n,) float32 each, in the file's units.

    Raises:
        RecordingError: not text, a missing column, no rows, or a field that is not a number.
    """
    path = Path(path)
    names, layout = _header(path)
    try:
        table = pd.read_csv(
            path,
            **layout,
            header=None,
            skiprows=1,
            names=range(len(names)),
            index_col=False,
            dtype={names.index(name): np.float32 for name in PHYSIOLOGICAL},
            engine="c",
            skipinitialspace=True,
            encoding="utf-8-sig",
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise _not_numeric(path, names, layout, error) from None
    if len(table) == 0:
        raise RecordingError(f"{path.name} has a header and no rows; expected samples of ECG, EDA and RR.")
    return {name: table[names.index(name)].to_numpy() for name in PHYSIOLOGICAL}


def clean_signal(signal: np.ndarray, quality: QualityConfig, where: str) -> np.ndarray:
    """Interpolate missing samples (NaN or infinite) linearly.

    Args:
        signal: (n,) float32.
        where: how an error names the signal, such as "2ea4_Stroop.txt, ECG".

    Returns:
        (n,) float32, all finite.

    Raises:
        RecordingError: more than `quality.max_missing_share` is missing, or the signal is constant.
    """
    finite = np.isfinite(signal)
    missing = 1 - finite.mean() if len(signal) else 1.0
    if missing > quality.max_missing_share:
        raise RecordingError(
            f"{where}: {missing:.1%} of the samples are missing; "
            f"expected at most {quality.max_missing_share:.0%}."
        )
    signal = interpolate_missing(signal)
    if signal.min() == signal.max():
        raise RecordingError(f"{where} is constant at {signal[0]:g}; expected a signal that varies.")
    return signal


def interpolate_missing(signal: np.ndarray) -> np.ndarray:
    """A signal (n,) with its missing samples (NaN or infinite) interpolated linearly; all finite, if any is."""
    finite = np.isfinite(signal)
    if finite.all() or not finite.any():
        return signal
    indices = np.arange(len(signal))
    return np.interp(indices, indices[finite], signal[finite]).astype(signal.dtype)


def count_rows(path: Path) -> int:
    """Lines after the header; cheap, and exact enough to know how long a recording is."""
    lines, last = 0, b"\n"
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            lines += block.count(b"\n")
            last = block[-1:]
    return max(0, lines + (last != b"\n") - 1)


def _header(path: Path) -> tuple[list[str], dict]:
    """Lower-case column names, and pandas' options for separator and decimal mark."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            first, second = file.readline(), file.readline()
    except UnicodeDecodeError:
        raise RecordingError(f"{path.name} is not text; expected lines of ECG,EDA,RR.") from None
    if not first.strip():
        raise RecordingError(f"{path.name} is empty; expected a header ECG,EDA,RR and samples.")
    separator = next((mark for mark in ";\t," if mark in first), None)
    names = [name.strip().strip('"').lower() for name in first.strip().split(separator)]
    missing = [name.upper() for name in PHYSIOLOGICAL if name not in names]
    if missing:
        found = ", ".join(name.upper() for name in names)[:80]
        raise RecordingError(f"{path.name} has no column {missing[0]}; expected ECG, EDA, RR, found {found}.")
    if (
        len(second.strip().split(separator)) > len(names) + 1
    ):  # one more is a separator at the end of the line
        raise RecordingError(f"{path.name}, line 2 has more fields than the header; expected {len(names)}.")
    decimal = "," if separator != "," and "," in second else "."
    return names, {"sep": separator or r"\s+", "decimal": decimal}


def _not_numeric(path: Path, names: list[str], layout: dict, error: Exception) -> RecordingError:
    """Find the line that pandas could not read: its error has the value or the line, never both."""
    separator = None if layout["sep"] == r"\s+" else layout["sep"]
    columns = [names.index(name) for name in PHYSIOLOGICAL]
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            fields = line.strip().split(separator)
            for column in columns if number > 1 else ():
                text = fields[column].strip() if column < len(fields) else ""
                if text and not _is_number(text.replace(layout["decimal"], ".")):
                    return RecordingError(
                        f"{path.name}, line {number}: found {text[:40]!r}; "
                        f"expected a number for {names[column].upper()}."
                    )
    return RecordingError(f"{path.name} cannot be read as a table of numbers: {str(error).strip()}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

"""Physiological signals from text files: StressID's, and tables with other columns, rates and lengths."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stressid_keras.config import QualityConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.text.clock import Clock, clock_of, is_time, seconds_of
from stressid_keras.media.text.signal_table import TextTable, read_text_table
from stressid_keras.media.text.table_fields import is_number
from stressid_keras.modalities import PHYSIOLOGICAL
from stressid_keras.preprocessing.signals.resampling import interpolate_missing, on_grid, resampled


@dataclass(frozen=True)
class Columns:
    """What is wanted of a text file.

    Attributes:
        titles: (signal, title in lower case and without a unit), of each.
        rate: Hz of a file without a time column; None: the rate that is asked for.
    """

    titles: tuple[tuple[str, str], ...] = tuple((name, name) for name in PHYSIOLOGICAL)
    rate: float | None = None


@dataclass(frozen=True)
class SignalFile:
    """What a text file of signals holds, before it is brought to a common rate.

    Attributes:
        signals: by name, (rows,) float32 each, in the file's units.
        clock: of its time column, or of the rate that is known of it; None if neither tells the time.
    """

    name: str
    signals: dict[str, np.ndarray]
    clock: Clock | None

    def __len__(self) -> int:
        return len(next(iter(self.signals.values())))


def load_signals(
    path: Path, quality: QualityConfig | None = None, columns: Columns | None = None
) -> dict[str, np.ndarray]:
    """Read the signals of a text file at `quality.signal_rate`.

    Files of every dialect that `tables.read_text_table` understands, with further columns and empty fields. A file with
    a time column (see `clock.is_time`), or whose rate is known, is brought to the rate, against aliasing where that is
    lower; what falls into a gap of its times is missing. Another file has the rate already.

    Args:
        quality: None: its defaults.
        columns: None: ECG, EDA and RR (respiration), which StressID's files hold.

    Returns:
        by signal, (n,) float32 each, in the file's units; NaN where a sample is missing.

    Raises:
        RecordingError: not text, a missing column, no rows, rows of another number of fields than the header, a field
            that is not a number, times that make no sense, or longer than `quality.max_seconds`.
        OSError: it cannot be read.
    """
    return at_rate(read_signal_file(path, columns), quality or QualityConfig())


def read_signal_file(path: Path, columns: Columns | None = None) -> SignalFile:
    """The signals of a text file as they are, and when their rows were taken.

    Raises:
        RecordingError, OSError: as `load_signals`.
    """
    path, columns = Path(path), columns or Columns()
    wanted = {title: name for name, title in columns.titles}
    table = read_text_table(path, tuple(wanted))
    places = {table.names.index(title): name for title, name in wanted.items()}
    times = [place for place, header in enumerate(table.header) if is_time(header) and place not in places]
    numeric = [place for place in times if _holds_numbers(table, place)]
    # one pass reads everything, unless a decimal comma makes the times another matter
    found = table.numbers(dict.fromkeys(places, np.float32) | dict.fromkeys(numeric, np.float64))
    signals = {name: found[place] for place, name in places.items()}
    times_by_place = {place: found[place] for place in numeric}
    times_by_place |= table.texts([place for place in times if place not in numeric])
    clocks = [_clock(table, place, times_by_place[place], path.name) for place in times]
    clock = _agreed([clock for clock in clocks if clock], len(table), path.name)
    if clock is None and columns.rate is not None:
        clock = Clock(1 / columns.rate)
    return SignalFile(path.name, signals, clock)


def at_rate(file: SignalFile, quality: QualityConfig) -> dict[str, np.ndarray]:
    """The signals of a file at `quality.signal_rate`: as `load_signals`."""
    if file.clock is None:
        return file.signals
    rate, clock = quality.signal_rate, file.clock
    seconds = clock.seconds(len(file))
    if seconds > quality.max_seconds:
        raise RecordingError(too_long(file.name, seconds, quality))
    samples = round(seconds * rate)
    return {
        name: resampled(on_grid(signal, clock), clock.step * rate, samples)
        for name, signal in file.signals.items()
    }


def too_long(name: str, seconds: float, quality: QualityConfig) -> str:
    """The sentence about a file that lasts longer than any recording."""
    return (
        f"{name} lasts {seconds:,.0f} s by what it says of itself; expected at most {quality.max_seconds:,.0f} s: "
        "it is damaged, or no single recording."
    )


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


def _holds_numbers(table: TextTable, place: int) -> bool:
    first = table.first(place)
    return is_number(first, ".") or is_number(first, ",")


def _clock(table: TextTable, place: int, values: np.ndarray, file: str) -> Clock | None:
    header = table.header[place]
    times = seconds_of(header, values, file)
    return None if times is None else clock_of(times, header, file)


def _agreed(clocks: list[Clock], rows: int, file: str) -> Clock | None:
    """The first of several clocks, which tell the same length, give or take one in a hundred."""
    lengths = [clock.seconds(rows) for clock in clocks]
    if lengths and max(lengths) > 1.01 * min(lengths):
        found = " and ".join(f"{seconds:.4g} s" for seconds in (min(lengths), max(lengths)))
        raise RecordingError(f"{file} has time columns that disagree: {found} long; expected one length.")
    return clocks[0] if clocks else None

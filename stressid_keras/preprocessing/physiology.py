"""ECG, EDA and respiration from StressID's text files."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from stressid_keras.config import PHYSIOLOGICAL, QualityConfig
from stressid_keras.errors import RecordingError
from stressid_keras.preprocessing.clock import GAP, Clock, clock_of, is_time, seconds_of
from stressid_keras.preprocessing.table_fields import is_number
from stressid_keras.preprocessing.tables import TextTable, read_text_table


@dataclass(frozen=True)
class SignalFile:
    """What a text file of signals holds, before it is brought to a common rate.

    Attributes:
        signals: {"ecg", "eda", "rr"}: (rows,) float32 each, in the file's units.
        clock: of its time column; None if it has none that tells the time.
    """

    name: str
    signals: dict[str, np.ndarray]
    clock: Clock | None

    def __len__(self) -> int:
        return len(self.signals[PHYSIOLOGICAL[0]])


def load_signals(path: Path, quality: QualityConfig | None = None) -> dict[str, np.ndarray]:
    """Read the columns ECG, EDA and RR (respiration) of a text file at `quality.signal_rate`.

    Files of every dialect that `tables.read_text_table` understands, with further columns and empty fields. A file with
    a time column (see `clock.is_time`) is brought to the rate, against aliasing where that is lower; what falls into a
    gap of its times is missing. A file without one has the rate already.

    Args:
        quality: None: its defaults.

    Returns:
        {"ecg", "eda", "rr"}: (n,) float32 each, in the file's units; NaN where a sample is missing.

    Raises:
        RecordingError: not text, a missing column, no rows, rows of another number of fields than the header, a field
            that is not a number, times that make no sense, or longer than `quality.max_seconds`.
        OSError: it cannot be read.
    """
    return at_rate(read_signal_file(path), quality or QualityConfig())


def read_signal_file(path: Path) -> SignalFile:
    """The columns ECG, EDA and RR of a text file as they are, and when their rows were taken.

    Raises:
        RecordingError, OSError: as `load_signals`.
    """
    path = Path(path)
    table = read_text_table(path, PHYSIOLOGICAL)
    places = {table.names.index(name): name for name in PHYSIOLOGICAL}
    times = [place for place, header in enumerate(table.header) if is_time(header) and place not in places]
    numeric = [place for place in times if _holds_numbers(table, place)]
    # one pass reads everything, unless a decimal comma makes the times another matter
    found = table.numbers(dict.fromkeys(places, np.float32) | dict.fromkeys(numeric, np.float64))
    signals = {name: found[place] for place, name in places.items()}
    columns = {place: found[place] for place in numeric}
    columns |= table.texts([place for place in times if place not in numeric])
    clocks = [_clock(table, place, columns[place], path.name) for place in times]
    return SignalFile(
        path.name, signals, _agreed([clock for clock in clocks if clock], len(table), path.name)
    )


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
        name: _resampled(_on_grid(signal, clock), clock.step * rate, samples)
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


def interpolate_missing(signal: np.ndarray) -> np.ndarray:
    """A signal (n,) with its missing samples (NaN or infinite) interpolated linearly; all finite, if any is."""
    finite = np.isfinite(signal)
    if finite.all() or not finite.any():
        return signal
    indices = np.arange(len(signal))
    return np.interp(indices, indices[finite], signal[finite]).astype(signal.dtype)


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


def _on_grid(signal: np.ndarray, clock: Clock) -> np.ndarray:
    """A signal at even steps; NaN in the gaps and beside what was missing."""
    if clock.times is None:
        return signal
    times, finite = clock.times, np.isfinite(signal)
    grid = np.arange(round(times[-1] / clock.step) + 1) * clock.step
    if not finite.any():
        return np.full(len(grid), np.nan, np.float32)
    values = np.interp(grid, times[finite], signal[finite]).astype(np.float32)
    after = np.clip(np.searchsorted(times, grid), 1, len(times) - 1)
    in_gap = (
        (times[after] - times[after - 1] > GAP * clock.step)
        & (grid > times[after - 1])
        & (grid < times[after])
    )
    nearest = after - (grid - times[after - 1] < times[after] - grid)
    return np.where(in_gap | ~finite[nearest], np.float32(np.nan), values)


def _resampled(signal: np.ndarray, ratio: float, samples: int) -> np.ndarray:
    """A signal with `ratio` times as many samples, against aliasing; (samples,) float32, NaN where it was missing.

    Where the signal stands still it stays as it is, so that a flat stretch is seen to be flat.
    """
    if abs(ratio - 1) * len(signal) < 0.5 or len(signal) < 2:
        return _fitted(signal, samples)
    from scipy.signal import resample_poly

    finite = np.isfinite(signal)
    if not finite.any():
        return np.full(samples, np.nan, np.float32)
    limits = (limit for limit in (100, 1000, 10_000))
    part = next(
        (
            part
            for limit in limits
            if abs((part := Fraction(ratio).limit_denominator(limit)) / ratio - 1) * len(signal) < 0.5
        ),
        Fraction(ratio).limit_denominator(10_000),
    )
    filled = interpolate_missing(signal)
    made = _fitted(
        resample_poly(filled.astype(np.float64), part.numerator, part.denominator, padtype="line"), samples
    )
    nearest = np.clip(np.rint(np.arange(samples) / ratio).astype(np.int64), 0, len(signal) - 1)
    still = np.concatenate([[False], filled[1:] == filled[:-1]])
    held = still & np.concatenate([still[1:], [False]])
    made = np.where(held[nearest], filled[nearest], made)
    return np.where(finite[nearest], made, np.nan).astype(np.float32)


def _fitted(signal: np.ndarray, samples: int) -> np.ndarray:
    """As many samples as wanted: the last one again, or the last ones left out."""
    return np.pad(signal[:samples], (0, max(0, samples - len(signal))), mode="edge")

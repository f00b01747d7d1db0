"""Time columns: how far apart the rows of a file are, in seconds, whatever the column's unit."""

import functools
import re
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stressid_keras.errors import RecordingError

SLOWEST, FASTEST = (
    20.0,
    20_000.0,
)  # Hz, of a recorder of ECG; a thousandfold, so that a step has one unit alone
UNITS = (1.0, 1e-3, 1e-6, 1e-9)  # s, of numbers under a name without unit
GAP = 4.0  # steps: a longer one is a gap, of which the samples are missing
MOST_GAPS = (
    0.5  # of a recording's length; more would be refused as missing, and a leap in time would take all memory
)
JITTER = 0.25  # s that rows may be from even steps before they are uneven: buffers are stamped as they arrive
LONGEST_TEXT = 64  # characters of a date and time
_NAMED = {  # by the words of a column's name
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "ss"), 1.0),
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "µs", "μs", "usec", "usecs", "micros", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ns", "nsec", "nanos", "nanosecond", "nanoseconds"), 1e-9),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0),
}
_TIMES = {"time", "times", "t", "timestamp", "timestamps", "datetime", "date", "elapsed", "epoch", "unixtime"}
_TIMES |= {"seconds", "milliseconds", "microseconds", "nanoseconds"}
_BESIDE = {
    "unix",
    "utc",
    "local",
    "lsl",
    "system",
    "device",
    "sampling",
    "recording",
    "absolute",
    "relative",
    "stamp",
}
_BESIDE |= {"since", "from", "start", "begin", "in", "of", "the", "iso", "hh", "mm", "mmm", "fff", "elapsed"}


@dataclass(frozen=True)
class Clock:
    """When the rows of a file were taken."""

    step: float  # seconds between rows
    times: np.ndarray | None = None  # (n,) seconds from the first row, of rows that are uneven or have gaps

    def seconds(self, rows: int) -> float:
        """Length of the recording, to the end of its last row."""
        return rows * self.step if self.times is None else float(self.times[-1]) + self.step


def is_time(header: str) -> bool:
    """Whether a column's name says that it holds times: "time_ms", "Time [s]", "timestamp"; not "reaction time"."""
    words = set(_words(header))
    known = _TIMES | _BESIDE | _NAMED.keys()
    return bool(words) and words <= known and (bool(words & _TIMES) or words <= _NAMED.keys())


def seconds_of(header: str, values: np.ndarray, file: str) -> np.ndarray | None:
    """A time column in seconds from its first row; None if it merely counts the rows, stands still, or is empty.

    The unit is that of the name, or else the one that gives a rate between SLOWEST and FASTEST.

    Args:
        values: (n,) float64 numbers, or text: dates and times of day.

    Raises:
        RecordingError: neither numbers nor times, some are missing, it goes back, or no unit gives a plausible rate.
    """
    if values.dtype == object:
        return _growing(header, _parsed(header, values, file), file)
    finite = np.isfinite(values)
    if not finite.any():
        return None
    if not finite.all():
        raise RecordingError(
            f"{file} has no {header} in {(~finite).sum()} of its rows; expected one in each."
        )
    values = _growing(header, values - values[0], file)
    if values is None:
        return None
    words = [word for word in _words(header) if word in _NAMED]
    unit = _NAMED[words[-1]] if words else None
    step = float(np.median(np.diff(values))) or float(
        values[-1] / (len(values) - 1)
    )  # the mean, if it is coarse
    if unit is None and (np.diff(values) == 1).all():
        return None
    units = UNITS if unit is None else (unit,)
    plausible = [one for one in units if SLOWEST * (1 - 1e-6) <= 1 / (step * one) <= FASTEST]
    if not plausible:
        rate = f", {1 / (step * unit):.4g} rows a second" if unit else ""
        raise RecordingError(
            f"{file}: its column {header} grows by {step:g} a row{rate}; expected {SLOWEST:g} to {FASTEST:g} rows a "
            "second: name the column by its unit, such as time_s or time_ms, or leave it out."
        )
    return values * plausible[0]


def clock_of(times: np.ndarray, header: str, file: str) -> Clock:
    """How far apart rows are that were taken at these times, in seconds, which `seconds_of` gives.

    Rows at even steps, give or take the resolution of their times, have a step and no times.

    Raises:
        RecordingError: they are too uneven, or most of the time is gaps.
    """
    steps = np.diff(times)
    step, rows = float(np.median(steps)), np.arange(len(times)) - (len(times) - 1) / 2
    moves = np.flatnonzero(steps) + 1
    if step == 0 and len(moves) > 1:  # many rows to a time: count those between its first and its last move
        slope = float((times[moves[-1]] - times[moves[0]]) / (moves[-1] - moves[0]))
    else:
        slope = float(rows @ times / (rows @ rows))
    away = float(np.ptp(times - slope * rows) / 2)
    if away <= float(steps[steps > 0].min()):
        return Clock(slope)
    if step > 0 and (steps > step / GAP).mean() > 0.9:
        gaps = float(steps[steps > GAP * step].sum())
        if gaps > MOST_GAPS * (times[-1] + step):
            raise RecordingError(
                f"{file}: gaps make up {gaps / (times[-1] + step):.0%} of its column {header}; "
                "expected rows throughout."
            )
        return Clock(step, times)
    if away <= JITTER:
        return Clock(slope)
    raise RecordingError(
        f"{file}: its column {header} is up to {away:.2g} s from even steps; expected at most {JITTER:g} s."
    )


def _growing(header: str, values: np.ndarray | None, file: str) -> np.ndarray | None:
    """Times that never go back; None if they never move."""
    if values is None or (values == values[0]).all():
        return None
    if (back := np.diff(values) < 0).any():
        row = int(np.argmax(back)) + 1
        raise RecordingError(
            f"{file}: its column {header} goes back after row {row}; expected times that grow."
        )
    return values


def _parsed(header: str, values: np.ndarray, file: str) -> np.ndarray | None:
    texts = pd.Series(values, dtype=object)
    if (texts == "").all():
        return None
    parsers = [
        functools.partial(pd.to_datetime, format="ISO8601", utc=True),
        functools.partial(pd.to_datetime, utc=True),
    ]
    if re.match(r"-?\d+:\d", str(texts.iloc[0])):  # a time of day, or since the start
        parsers.insert(0, pd.to_timedelta)
    for parse in parsers if texts.str.len().max() <= LONGEST_TEXT else ():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # pandas warns where it would guess each row by itself
                found = parse(texts)
        except (ValueError, TypeError, OverflowError, Warning):
            continue
        if not found.isna().any():
            return (found - found.iloc[0]).dt.total_seconds().to_numpy()
    raise RecordingError(
        f"{file}: found {str(texts.iloc[0])[:40]!r} in its column {header}; expected times: numbers of seconds or "
        "milliseconds, or dates such as 2024-05-01T10:00:00.002."
    )


def _words(header: str) -> list[str]:
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", header)
    return [word for word in re.split(r"[^a-z0-9µμ]+", spaced.lower()) if word]

"""The lengths of a recording's files, beside each other: what cannot be one recording is refused, or said."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from stressid_keras.config import PreparationConfig
from stressid_keras.modalities import PHYSIOLOGICAL
from stressid_keras.preprocessing.signals.physiology import too_long

FACTOR = (
    1.5  # between lengths that cannot be of one recording; of the usual rates 250, 500 and 1000 Hz it is 2
)
SECONDS = 5.0  # that they must differ by as well: recorders are started and stopped by hand
EQUAL, VARIED = (
    1.05,
    1.1,
)  # between the tenth and the ninetieth percentile of what is of one length, or is not
NOTED = 1.1  # the factor from which a difference is said; signals run on for some seconds after the sound
RATES = (
    100,
    125,
    128,
    200,
    250,
    256,
    300,
    360,
    400,
    500,
    512,
    600,
    700,
    750,
    800,
    1000,
    1024,
    1200,
    2000,
    2048,
    4000,
    5000,
)
_NAMES = {"audio": "sound", "video": "video", "signals": "signals"}


def signals_run_on(recordings: Iterable[Mapping[str, float]]) -> bool:
    """Whether the signals of a data set last equally long whatever its sounds and videos last, and longer than these.

    A rate that is taken for another one makes signals longer in proportion to the sound; a recorder that is stopped
    late, or always at the same time, does not.

    Args:
        recordings: seconds of each modality, of each recording.
    """
    files = [lengths for lengths in map(_by_file, recordings) if len(lengths) > 1 and "signals" in lengths]
    signals = np.array([lengths["signals"] for lengths in files])
    others = np.array([max(v for name, v in lengths.items() if name != "signals") for lengths in files])
    longer = signals >= FACTOR * others if len(files) else np.zeros(0, bool)
    if longer.sum() <= len(files) / 2:
        return False
    return _spread(signals[longer]) < EQUAL and _spread(signals[longer] / others[longer]) > VARIED


def _spread(values: np.ndarray) -> float:
    low, high = np.percentile(values, (10, 90))
    return float(high / low)


def implausible(
    seconds: Mapping[str, float],
    paths: Mapping[str, Path],
    timed: bool,
    config: PreparationConfig,
    run_on: bool = False,
) -> dict[str, str]:
    """Which modalities cannot be of the recording that the others are of, and why: modality → sentence.

    - Longer than `config.quality.max_seconds`: any.
    - Signals without a time column, whose rate is taken on trust: their length differs from that of the sound and from
      that of the video (of those that there are) by FACTOR and SECONDS.
    - Anything else: it is longer than each of the others by as much. What is shorter may have been stopped early.

    Args:
        seconds: length of each modality that can be used, without images, which do not tell.
        paths: their files.
        timed: whether the signals have a time column.
        run_on: whether signals may be longer than the others: see `signals_run_on`.
    """
    limit = config.quality.max_seconds
    refused = {
        m: too_long(paths[m].name, value, config.quality)
        for m, value in seconds.items()
        if not value <= limit  # NaN is refused as well
    }
    lengths = _by_file({m: value for m, value in seconds.items() if m not in refused})
    signals = [modality for modality in PHYSIOLOGICAL if modality in seconds and modality not in refused]
    others = {name: value for name, value in lengths.items() if name != "signals"}
    if run_on and others and lengths.get("signals", 0.0) > max(others.values()):
        del lengths["signals"]
        signals = []
    if (
        signals
        and others
        and not timed
        and all(_apart(lengths["signals"], value) for value in others.values())
    ):
        reason = _of_signals(paths[signals[0]].name, lengths["signals"], others, config.quality.signal_rate)
        return refused | dict.fromkeys(signals, reason)
    for name, value in lengths.items():
        rest = {other: length for other, length in lengths.items() if other != name}
        if rest and all(value > length and _apart(value, length) for length in rest.values()):
            modalities = signals if name == "signals" else [name]
            reason = (
                f"{paths[modalities[0]].name} lasts {value:.1f} s, but {_list(rest)}: they cannot be one recording; "
                "expected files of the same length."
            )
            return refused | dict.fromkeys(modalities, reason)
    return refused


def difference(seconds: Mapping[str, float]) -> str:
    """The lengths of a recording's files, if they differ by more than NOTED and a second; else empty."""
    lengths = _by_file(seconds)
    if len(lengths) < 2 or max(lengths.values()) <= max(
        NOTED * min(lengths.values()), min(lengths.values()) + 1
    ):
        return ""
    return ", ".join(f"{_NAMES[name]} {value:.1f} s" for name, value in lengths.items())


def _by_file(seconds: Mapping[str, float]) -> dict[str, float]:
    """One length for the three signals, which share a file."""
    signals = [value for modality, value in seconds.items() if modality in PHYSIOLOGICAL]
    lengths = {modality: value for modality, value in seconds.items() if modality not in PHYSIOLOGICAL}
    return lengths | ({"signals": max(signals)} if signals else {})


def _apart(one: float, other: float) -> bool:
    short, long = sorted((one, other))
    return long >= FACTOR * short and long - short > SECONDS


def _of_signals(file: str, seconds: float, others: Mapping[str, float], rate: float) -> str:
    longest = max(others.values())
    fitting = seconds * rate / longest
    near = [
        usual
        for usual in RATES
        if any(abs(seconds * rate / value / usual - 1) < 0.05 for value in others.values())
    ]
    likely = min(near, key=lambda usual: abs(fitting / usual - 1), default=None)
    hint = f" ({likely} Hz would fit)" if likely else ""
    return (
        f"{file} lasts {seconds:.1f} s at {rate:g} Hz, but {_list(others)}: they cannot be one recording; no "
        f"column of it tells the time, so give --signal-rate if its rate is another{hint}, or restore what it lacks."
    )


def _list(lengths: Mapping[str, float]) -> str:
    return " and ".join(f"the {_NAMES[name]} {value:.1f} s" for name, value in lengths.items())

"""The lengths of a recording's files, beside each other: what cannot be one recording is refused, or said."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stressid_keras.config import PreparationConfig
from stressid_keras.modalities import PHYSIOLOGICAL, spoken_list
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
_SPOKEN = {"audio": "sound", "video": "video"}


def signals_run_on(recordings: Iterable[Mapping[str, float]]) -> bool:
    """Whether the signals of a data set last equally long whatever its sounds and videos last, and longer than these.

    A rate that is taken for another one makes signals longer in proportion to the sound; a recorder that is stopped
    late, or always at the same time, does not.

    Args:
        recordings: seconds of each modality, of each recording; of several signals, the longest decides.
    """
    lengths = [
        (max(signals), max(others))
        for signals, others in map(_signals_and_others, recordings)
        if signals and others
    ]
    signals, others = np.reshape(lengths, (-1, 2)).T
    longer = signals >= FACTOR * others
    if longer.sum() <= len(lengths) / 2:
        return False
    return _spread(signals[longer]) < EQUAL and _spread(signals[longer] / others[longer]) > VARIED


def _signals_and_others(seconds: Mapping[str, float]) -> tuple[list[float], list[float]]:
    return tuple(
        [value for modality, value in seconds.items() if (modality in PHYSIOLOGICAL) == is_signal]
        for is_signal in (True, False)
    )


def _spread(values: np.ndarray) -> float:
    low, high = np.percentile(values, (10, 90))
    return float(high / low)


def implausible(
    seconds: Mapping[str, float],
    paths: Mapping[str, Path],
    timed: Collection[str],
    config: PreparationConfig,
    run_on: bool = False,
) -> dict[str, str]:
    """Which modalities cannot be of the recording that the others are of, and why: modality → sentence.

    - Longer than `config.quality.max_seconds`: any.
    - A file of signals without a time column, whose rate is taken on trust: its length differs from that of the sound
      and from that of the video (of those that there are) by FACTOR and SECONDS.
    - Any other file: it is longer than each of the others by as much. What is shorter may have been stopped early.

    Args:
        seconds: length of each modality that can be used, without images, which do not tell.
        paths: their files, which signals may share.
        timed: the signals whose files have a time column.
        run_on: whether signals may be longer than the others: see `signals_run_on`.
    """
    limit = config.quality.max_seconds
    refused = {
        m: too_long(paths[m].name, value, config.quality)
        for m, value in seconds.items()
        if not value <= limit  # NaN is refused as well
    }
    files = _files({m: value for m, value in seconds.items() if m not in refused}, paths)
    others = [file for file in files if not file.is_signals]
    if run_on and others:
        longest = max(file.seconds for file in others)
        files = [file for file in files if not (file.is_signals and file.seconds > longest)]
    misfits = [
        file
        for file in files
        if file.is_signals
        and others
        and not set(file.modalities) & set(timed)
        and all(_apart(file.seconds, other.seconds) for other in others)
    ]
    if misfits:
        for file in misfits:
            refused |= dict.fromkeys(file.modalities, _of_signals(file, others, config.quality.signal_rate))
        return refused
    for file in files:
        rest = [other for other in files if other != file]
        if rest and all(
            file.seconds > other.seconds and _apart(file.seconds, other.seconds) for other in rest
        ):
            reason = (
                f"{file.name} lasts {file.seconds:.1f} s, but {_list(rest)}: they cannot be one recording; "
                "expected files of the same length."
            )
            return refused | dict.fromkeys(file.modalities, reason)
    return refused


def difference(seconds: Mapping[str, float], paths: Mapping[str, Path]) -> str:
    """The lengths of a recording's files, if they differ by more than NOTED and a second; else empty."""
    files = _files(seconds, paths)
    lengths = [file.seconds for file in files]
    if len(files) < 2 or max(lengths) <= max(NOTED * min(lengths), min(lengths) + 1):
        return ""
    return ", ".join(f"{file.spoken} {file.seconds:.1f} s" for file in files)


@dataclass(frozen=True)
class _File:
    """A file of a recording: the modalities of which it holds equally much."""

    modalities: tuple[str, ...]
    seconds: float
    name: str
    spoken: str  # "sound"; "signals" of all of them, "ECG" where they are in several files

    @property
    def is_signals(self) -> bool:
        return self.modalities[0] in PHYSIOLOGICAL


def _files(seconds: Mapping[str, float], paths: Mapping[str, Path]) -> list[_File]:
    """Signals that share a file, and the part of it that is the recording's, are one; they come last."""
    found = [
        _File((modality,), value, paths[modality].name, _SPOKEN[modality])
        for modality, value in seconds.items()
        if modality not in PHYSIOLOGICAL
    ]
    signals: dict[tuple[Path, float], list[str]] = {}
    for modality in PHYSIOLOGICAL:
        if modality in seconds:
            signals.setdefault((paths[modality], seconds[modality]), []).append(modality)
    for (path, value), modalities in signals.items():
        spoken = "signals" if len(signals) == 1 else spoken_list(modalities)
        found.append(_File(tuple(modalities), value, path.name, spoken))
    return found


def _apart(one: float, other: float) -> bool:
    short, long = sorted((one, other))
    return long >= FACTOR * short and long - short > SECONDS


def _of_signals(file: _File, others: list[_File], rate: float) -> str:
    seconds, lengths = file.seconds, [other.seconds for other in others]
    fitting = seconds * rate / max(lengths)
    near = [
        usual for usual in RATES if any(abs(seconds * rate / value / usual - 1) < 0.05 for value in lengths)
    ]
    likely = min(near, key=lambda usual: abs(fitting / usual - 1), default=None)
    hint = f" ({likely} Hz would fit)" if likely else ""
    return (
        f"{file.name} lasts {seconds:.1f} s at {rate:g} Hz, but {_list(others)}: they cannot be one recording; no "
        f"column of it tells the time, so give --signal-rate if its rate is another{hint}, or restore what it lacks."
    )


def _list(files: list[_File]) -> str:
    return " and ".join(f"the {file.spoken} {file.seconds:.1f} s" for file in files)

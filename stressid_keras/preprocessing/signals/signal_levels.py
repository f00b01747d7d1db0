"""Between which levels a person's signals are imaged: those of the recordings that can be used and agree."""

import logging
from collections.abc import Collection, Iterable, Mapping

import numpy as np

from stressid_keras.config import PreparationConfig
from stressid_keras.errors import RecordingError
from stressid_keras.modalities import PHYSIOLOGICAL
from stressid_keras.preprocessing.quality import flat_samples
from stressid_keras.preprocessing.signals import gaf
from stressid_keras.preprocessing.signals.imaged_signal import ImagedSignal
from stressid_keras.preprocessing.signals.level_agreement import agreeing
from stressid_keras.preprocessing.signals.signal_reader import SignalReader
from stressid_keras.preprocessing.windows import modality_spans, window_spans

logger = logging.getLogger(__name__)

# By modality, the lowest and highest level, in the series' unit; of a person, NO_RANGE where recordings disagree.
Levels = dict[str, tuple[float, ...]]
NO_RANGE: tuple[float, ...] = ()
_SHARE = 1  # % of a recording's levels that are left out at either end: a moved electrode is no level
_BEYOND = (
    0.01  # of a person's range, by which a recording's levels may lie outside: machines round differently
)


def recording_levels(
    reader: SignalReader, config: PreparationConfig, refused: Collection[str] = ()
) -> Levels:
    """Between which levels each signal of a recording moves, at the resolution of its image.

    Only what passes the quality checks of a window counts, and no stretch in which the signal stands still, unless
    there is nothing else: a disconnected electrode has no level. What cannot be read or is an image is absent; its
    transform says why.

    Args:
        reader: of the recording's signals.
        refused: signals to leave out.
    """
    levels = {}
    for modality in PHYSIOLOGICAL:
        path = reader.recording.sources.get(modality)
        if path is None or modality in refused or path.suffix.lower() == ".png":
            continue
        try:
            found = signal_levels(ImagedSignal(modality, reader.samples(modality), config, path))
        except (
            Exception
        ) as error:  # of whatever type: its transform names it, and a run of a thousand goes on
            if not isinstance(error, RecordingError | OSError):
                logger.warning("levels of %s in %s", modality, path, exc_info=True)
            continue
        if found is not None:
            levels[modality] = found
    return levels


def signal_levels(signal: ImagedSignal) -> tuple[float, float] | None:
    """The lowest and highest level of a signal; None if no window of it can be used.

    Raises:
        RecordingError: an ECG without heartbeats.
    """
    config = signal.config
    seconds = len(signal.samples) / signal.rate
    spans = [span for span in modality_spans(seconds, window_spans({"": seconds}, config), config) if span]
    usable = [span for span in spans if _is_usable(signal, span)]
    if not usable:
        return None
    size = min(
        gaf.pixels(config.gaf.size(signal.modality), seconds, config.window_seconds), len(signal.series)
    )
    means = gaf.segment_means(signal.series, size)
    kept = _covered(usable, seconds, size) if len(usable) < len(spans) else np.ones(size, bool)
    moving = kept & ~_flat(signal, size)
    low, high = np.percentile(means[moving if moving.any() else kept], (_SHARE, 100 - _SHARE))
    return float(low), float(high)


def person_levels(recordings: Iterable[Levels], others: Iterable[Levels] = ()) -> Levels:
    """The lowest and highest level of each signal over those of a person's recordings that agree.

    No label is looked at. A recording in another unit, of a moved belt or of an electrode at the rail of its amplifier
    would take the range for itself and leave all others without contrast: see `level_agreement`. Of a signal of which
    no recordings agree there is NO_RANGE.

    Args:
        others: levels of recordings of other people, which decide where the person's own cannot.
    """
    found, beside = _by_modality(recordings), _by_modality(others)
    levels: Levels = {}
    for modality, pairs in found.items():
        kept = agreeing(
            pairs, beside.get(modality, []), rails=modality != "ecg"
        )  # a steady heart beats at no rail
        levels[modality] = (min(low for low, _ in kept), max(high for _, high in kept)) if kept else NO_RANGE
    return levels


def outside(signal: ImagedSignal, bounds: tuple[float, ...]) -> str:
    """Why a signal cannot be imaged between a person's levels: it took no part in them; empty if it can be."""
    own = signal_levels(signal)
    if own is None:
        return ""
    where = f"{signal.path.name}, {signal.modality.upper()}"
    if bounds == NO_RANGE:
        return (
            f"{where}: it moves between {own[0]:.4g} and {own[1]:.4g}, and the other recordings of this person move "
            "elsewhere; expected one unit and one range in all of them."
        )
    slack = _BEYOND * (bounds[1] - bounds[0])
    if own[0] >= bounds[0] - slack and own[1] <= bounds[1] + slack:
        return ""
    return (
        f"{where}: it moves between {own[0]:.4g} and {own[1]:.4g}, the other recordings of this person between "
        f"{bounds[0]:.4g} and {bounds[1]:.4g}; expected the same unit, with the electrode or belt in place."
    )


def _is_usable(signal: ImagedSignal, span) -> bool:
    try:
        signal.check(span)
    except RecordingError:
        return False
    return True


def _covered(spans: list, seconds: float, size: int) -> np.ndarray:
    """(size,) bool: which segments have their middle in one of the spans."""
    middles = (np.arange(size) + 0.5) * seconds / size
    return np.any([(start <= middles) & (middles < stop) for start, stop in spans], axis=0)


def _flat(signal: ImagedSignal, size: int) -> np.ndarray:
    """(size,) bool: which segments belong to a stretch in which the signal stands still."""
    flat = flat_samples(signal.samples, signal.least_flat)
    return gaf.segment_means(flat.astype(np.float32), size) > 0


def _by_modality(recordings: Iterable[Mapping[str, tuple[float, float]]]) -> dict[str, list]:
    found: dict[str, list] = {}
    for levels in recordings:
        for modality, pair in levels.items():
            found.setdefault(modality, []).append(pair)
    return found

"""What of a signal is imaged, and between which levels: those of the person, over all of its recordings."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from stressid_keras.config import PHYSIOLOGICAL, PreparationConfig
from stressid_keras.errors import RecordingError
from stressid_keras.preprocessing import gaf
from stressid_keras.preprocessing.heart_rate import heart_rate
from stressid_keras.preprocessing.physiology import interpolate_missing, load_signals

Levels = dict[str, tuple[float, float]]  # by modality, the lowest and highest level, in the series' unit
_SHARE = 1  # % of a recording's levels that are left out at either end: a moved electrode is no level


def imaged_series(modality: str, signal: np.ndarray, config: PreparationConfig, where: str) -> np.ndarray:
    """The series whose Gramian angular field is taken: heart rate in beats a minute for an ECG, or the signal.

    Args:
        signal: (n,); missing samples are interpolated, however many: what is too many is for each window to say.

    Returns:
        (n,)

    Raises:
        RecordingError: an ECG without heartbeats.
    """
    signal = interpolate_missing(signal)
    if modality == "ecg" and config.gaf.ecg_series == "heart_rate":
        return heart_rate(signal, config.quality.signal_rate, where)
    return signal


def recording_levels(recording, config: PreparationConfig, load=load_signals) -> Levels:
    """Between which levels each signal of a recording moves, at the resolution of its image.

    What cannot be read or is an image is absent; its transform says why.

    Args:
        load: reads a text file of signals.
    """
    levels = {}
    for modality in PHYSIOLOGICAL:
        path = recording.sources.get(modality)
        if path is None or Path(path).suffix.lower() == ".png":
            continue
        try:
            series = imaged_series(modality, load(path)[modality], config, path.name)
        except (RecordingError, OSError):
            continue
        if not len(series) or not np.isfinite(series).all():
            continue
        seconds = len(series) / config.quality.signal_rate
        size = gaf.pixels(config.gaf.size(modality), seconds, config.window_seconds)
        low, high = np.percentile(gaf.segment_means(series, min(size, len(series))), (_SHARE, 100 - _SHARE))
        levels[modality] = (float(low), float(high))
    return levels


def levels_of_person(index, subject: str, config: PreparationConfig) -> Levels | None:
    """`person_levels` of one person of a `DatasetIndex`; None where each window is scaled by itself."""
    if config.gaf.levels != "person":
        return None
    return person_levels(recording_levels(r, config) for r in index.recordings if r.subject == subject)


def person_levels(recordings: Iterable[Levels]) -> Levels:
    """The lowest and highest level of each signal over a person's recordings; no label is looked at."""
    found: Mapping[str, list] = {modality: [] for modality in PHYSIOLOGICAL}
    for levels in recordings:
        for modality, pair in levels.items():
            found[modality].append(pair)
    return {
        modality: (min(low for low, _ in pairs), max(high for _, high in pairs))
        for modality, pairs in found.items()
        if pairs
    }

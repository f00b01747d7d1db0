"""The hand-crafted features of every window of a prepared folder, one row each."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from stressid_keras.analysis.baselines.voice_features import audio_features
from stressid_keras.config import PreparationConfig
from stressid_keras.media.sound.waveform import without_offset
from stressid_keras.modalities import PHYSIOLOGICAL
from stressid_keras.preprocessing import load_waveform
from stressid_keras.preprocessing.measures import load_or_compute_measures, signal_table
from stressid_keras.preprocessing.sources import is_image
from stressid_keras.preprocessing.window_files import cut, reading, recordings_of
from stressid_keras.preprocessing.worker_processes import results_of
from stressid_keras.store.store import PreparedStore

ID_COLUMNS = ("recording", "window")
# What a classifier sees together, and how the names of its features begin.
GROUPS = {
    "audio": ("audio_",),
    "speech": ("speech_",),
    "physiology": tuple(f"{name}_" for name in PHYSIOLOGICAL),
}

Progress = Callable[[int, int], None]  # recordings done, recordings in all


def baseline_features(
    index, store: PreparedStore, jobs: int = 1, progress: Progress | None = None
) -> pd.DataFrame:
    """Features of the windows that have all modalities, from the files that they were prepared from.

    The numbers are the same whatever `jobs`.

    Args:
        index: the `DatasetIndex` that the store was prepared from.
        jobs: processes; 1 works in this one.
        progress: called with (recordings done, recordings in all).

    Returns:
        A row per window of `store.manifest[store.complete]`, with the same index and order: `recording`, `window`, then
        those of `audio_features` and of `physiology_features`. Images that came in the place of sound files or signals
        give NaN; if no recording has anything else, the group is absent.

    Raises:
        StressIDError: a recording is not in the index, or its files cannot be read any more.
    """
    import joblib

    windows = store.manifest[store.complete]
    names = list(windows["recording"].unique())
    recordings = recordings_of(index, store, names)
    measures = signal_table(load_or_compute_measures(index, store, jobs), store.manifest.index)
    calls = [
        joblib.delayed(_voice_features)(recordings[name], windows[windows["recording"] == name], store.config)
        for name in names
    ]
    found = {}
    for done, rows in enumerate(results_of(calls, jobs), start=1):
        found |= rows
        if progress is not None:
            progress(done, len(calls))
    voice = pd.DataFrame([found[row] for row in windows.index], index=windows.index)
    signals = _known_signals(measures[store.complete])
    return pd.concat([windows[list(ID_COLUMNS)], voice.astype(np.float64), signals], axis=1)


def _known_signals(measures: pd.DataFrame) -> pd.DataFrame:
    """Nothing if all came as images."""
    return measures.loc[:, [] if measures.isna().all(axis=None) else list(measures)]


def group_columns(features: pd.DataFrame, group: str) -> list[str]:
    """The columns of a group of `GROUPS`; empty if the group is absent."""
    return [name for name in features.columns if name.startswith(GROUPS[group])]


def _voice_features(
    recording, windows: pd.DataFrame, config: PreparationConfig
) -> dict[int, dict[str, float]]:
    """Index of a window → its features."""
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    sample_rate, path = config.audio.sample_rate, recording.sources.get("audio")
    if path is None or is_image(path):
        return {row: {} for row in windows.index}
    found = {}
    # sums in another order would have other last digits
    with reading(recording), threadpool_limits(1):
        waveform = load_waveform(path, sample_rate, config.quality.silence_peak, recording.part("audio"))
        for row, window in windows.iterrows():
            piece = without_offset(cut(waveform, window, "audio", sample_rate))
            found[row] = audio_features(piece, sample_rate)
    return found

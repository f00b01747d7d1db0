"""A pretrained speech encoder's statistics of every window of a prepared folder, computed once and kept in it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from stressid_keras.errors import StressIDError
from stressid_keras.media.sound.waveform import without_offset
from stressid_keras.media.speech import frame_statistics, load_weights, speech_frames
from stressid_keras.media.speech.settings import SAMPLE_RATE, STATISTICS
from stressid_keras.media.speech.weights import SHA256
from stressid_keras.preprocessing.waveforms import window_waveforms
from stressid_keras.preprocessing.window_files import keeping_in
from stressid_keras.preprocessing.worker_processes import results_of
from stressid_keras.provenance import fingerprint
from stressid_keras.store.sealed_arrays import read_arrays, write_arrays
from stressid_keras.store.store import PreparedStore

FILE = "speech_statistics.npz"
VERSION = 1  # raised when the same waveform gives other statistics

Progress = Callable[[int, int], None]  # recordings done, recordings in all


def statistics_key(store: PreparedStore) -> str:
    """What the statistics of a prepared folder depend on."""
    return fingerprint(store.windows_fingerprint, SHA256, VERSION)


def load_or_compute_statistics(
    index, store: PreparedStore, jobs: int = 1, progress: Progress | None = None
) -> np.ndarray:
    """Statistics of every window, from `speech_statistics.npz` in the prepared folder if that is current.

    Otherwise they are computed and written there. A second process waits for the first and reads what it wrote.

    Args:
        index: the `DatasetIndex` that the store was prepared from.
        jobs: processes; 1 works in this one.
        progress: called with (recordings done, recordings in all) where there is something to compute.

    Returns:
        (len(store), 1024) float32; NaN where a window has no sound file.

    Raises:
        StressIDError: a file can no longer be read, or the folder cannot be written.
    """
    path, key = store.path / FILE, statistics_key(store)
    if (found := _stored(path, key)) is not None:
        return found
    with keeping_in(store):
        if (found := _stored(path, key)) is None:
            found = _computed(index, store, jobs, progress)
            write_arrays(path, {"key": np.array(key), "statistics": found})
    return found


def statistics_of(rows, statistics: np.ndarray, store: PreparedStore) -> np.ndarray:
    """Of some rows of the manifest, (n, 1024).

    Raises:
        StressIDError: the audio of one came as an image.
    """
    rows = np.asarray(rows, dtype=np.int64)
    if (silent := np.isnan(statistics[rows]).any(axis=1)).any():
        name = store.manifest["recording"].iloc[rows[int(silent.argmax())]]
        raise StressIDError(
            f"the audio of {name} came as an image, which the speech encoder cannot hear; expected sound files, or "
            "another --backbone."
        )
    return statistics[rows]


def encoded(waveform: np.ndarray, sample_rate: int) -> np.ndarray:
    """(1024,) float32: statistics of a waveform (n,) as preparation reads it, in [-1, 1] at the rate, in Hz."""
    return frame_statistics(frames_at(waveform, sample_rate), load_weights())


def frames_at(waveform: np.ndarray, sample_rate: int) -> np.ndarray:
    """(T, 40) float32: the speech encoder's frames of a waveform (n,) at any rate, in Hz, without its offset."""
    if sample_rate != SAMPLE_RATE:
        import soxr

        waveform = soxr.resample(waveform, sample_rate, SAMPLE_RATE, quality="HQ")
    return speech_frames(without_offset(waveform))


def _stored(path: Path, key: str) -> np.ndarray | None:
    arrays = read_arrays(path)
    return arrays["statistics"] if arrays is not None and str(arrays.get("key")) == key else None


def _computed(index, store: PreparedStore, jobs: int, progress: Progress | None) -> np.ndarray:
    import joblib

    recordings = {recording.name: recording for recording in index.recordings}
    rows = np.flatnonzero(store.has("audio"))
    by_recording = {
        name: rows[some]
        for name, some in store.manifest.iloc[rows].reset_index().groupby("recording").indices.items()
    }
    calls = [
        joblib.delayed(_of_recording)(store, recordings[name], some)
        for name, some in by_recording.items()
        if name in recordings
    ]
    found = np.full((len(store), STATISTICS), np.nan, np.float32)
    for done, (places, values) in enumerate(results_of(calls, jobs), start=1):
        found[places] = values
        if progress:
            progress(done, len(calls))
    return found


def _of_recording(store: PreparedStore, recording, rows: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Rows that have a waveform, and their statistics."""
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    rate = store.config.audio.sample_rate
    places = {int(store.manifest["window"].iloc[row]): int(row) for row in rows}
    # there are as many processes as cores, and sums in another order have other last digits
    with threadpool_limits(1):
        found = {
            places[int(row["window"])]: encoded(waveform, rate)
            for row, waveform in window_waveforms(store, rows, [recording])
        }
    return list(found), np.reshape([*found.values()], (len(found), STATISTICS)).astype(np.float32)

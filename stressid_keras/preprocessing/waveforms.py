"""The waveforms behind prepared windows."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from stressid_keras.errors import StaleError
from stressid_keras.preprocessing.audio import load_waveform
from stressid_keras.preprocessing.sources import is_image
from stressid_keras.store.store import PreparedStore


def window_waveforms(
    store: PreparedStore, rows: Sequence[int], recordings: Iterable
) -> Iterator[tuple[pd.Series, np.ndarray]]:
    """Each window's manifest row and the waveform that its log-mel was computed from.

    Args:
        store: the prepared folder.
        rows: rows of its manifest; a file is read once for windows that follow each other.
        recordings: dataset Recordings; windows of others, without a sound file or of an image are left out.

    Yields:
        the row and (n,) float32 in [-1, 1] at the configuration's sample rate.

    Raises:
        RecordingError: a file can no longer be read.
        StaleError: a file is not the one that was prepared.
    """
    by_name = {recording.name: recording for recording in recordings}
    rate, open_name, waveform = store.config.audio.sample_rate, None, None
    for position in rows:
        row = store.manifest.iloc[position]
        recording = by_name.get(row["recording"])
        path = recording and recording.sources.get("audio")
        if path is None or is_image(path) or not store.has("audio")[position]:
            continue
        if recording.name != open_name:
            silence_peak, part = store.config.quality.silence_peak, recording.part("audio")
            waveform, open_name = load_waveform(path, rate, silence_peak, part), recording.name
        start, n_samples = round(row["start"] * rate), round(row["audio_seconds"] * rate)
        piece = waveform[start : start + n_samples]  # preparation trimmed it before it noted the length
        if len(piece) != n_samples:
            raise StaleError(
                f"{path} gives {len(piece)} samples for window {row['window']}; expected {n_samples}; "
                "run the preparation again."
            )
        yield row, piece

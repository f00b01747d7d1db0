"""The waveforms behind prepared windows."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from stressid_keras.errors import StaleError
from stressid_keras.preprocessing.audio import load_waveform
from stressid_keras.preprocessing.sources import is_image
from stressid_keras.store.store import PreparedStore


def window_waveforms(
    store: PreparedStore, rows: Sequence[int], audio_files: Mapping[str, Path]
) -> Iterator[tuple[pd.Series, np.ndarray]]:
    """Each window's manifest row and the waveform that its log-mel was computed from.

    Args:
        store: the prepared folder.
        rows: rows of its manifest; a file is read once for windows that follow each other.
        audio_files: by recording; windows without a file, or whose file is an image, are left out.

    Yields:
        the row and (n,) float32 in [-1, 1] at the configuration's sample rate.

    Raises:
        RecordingError: a file can no longer be read.
        StaleError: a file is not the one that was prepared.
    """
    rate, open_path, waveform = store.config.audio.sample_rate, None, None
    for position in rows:
        row = store.manifest.iloc[position]
        path = audio_files.get(row["recording"])
        if path is None or is_image(Path(path)) or not store.has("audio")[position]:
            continue
        if path != open_path:
            waveform = load_waveform(path, rate, store.config.quality.silence_peak)
            open_path = path
        start, n_samples = round(row["start"] * rate), round(row["audio_seconds"] * rate)
        piece = waveform[start : start + n_samples]  # preparation trimmed it before it noted the length
        if len(piece) != n_samples:
            raise StaleError(
                f"{path} gives {len(piece)} samples for window {row['window']}; expected {n_samples}; "
                "run the preparation again."
            )
        yield row, piece

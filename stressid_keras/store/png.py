"""The windows of a prepared folder as PNG images, for looking and as input in place of raw files."""

import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from stressid_keras.modalities import PHYSIOLOGICAL
from stressid_keras.provenance import read_json, write_json
from stressid_keras.store.images import save_gaf_image, save_log_mel_image, save_rgb_image
from stressid_keras.store.store import PreparedStore
from stressid_keras.system.locking import exclusive

RECORD = "png.json"  # which store the images show


def export_png(store: PreparedStore, progress: Callable[[int], None] | None = None) -> Path:
    """Write `png/` in the prepared folder, in the layout of a StressID tree.

    `Audio/<subj>/<subj>_<Task>.png` and `Physiological/<subj>/<subj>_<Task>_{ECG,EDA,RR}.png` hold what is stored,
    log-mels rounded to 8 bits, and are accepted as input; `Videos/<subj>/<subj>_<Task>.png` is a sheet of the
    frames, row by row.
    These names are those of a recording's first window; further ones have `-w1`, `-w2`, … behind the task.
    The folder is replaced as a whole; if it shows this very store already, it is left as it is.

    Args:
        progress: called with the windows done.

    Raises:
        OSError: it cannot be written.
    """
    target, upcoming = store.path / "png", store.path / ".png"
    with exclusive(store.path):
        if read_json(target / RECORD) == _record(store):
            return target
        shutil.rmtree(upcoming, ignore_errors=True)
        for row in range(len(store)):
            _export_window(store, row, upcoming)
            if progress:
                progress(row + 1)
        write_json(upcoming / RECORD, _record(store))
        if target.exists():
            shutil.rmtree(target)
        os.replace(upcoming, target)
    return target


def contact_sheet(frames: np.ndarray) -> np.ndarray:
    """(n, H, W, 3) uint8 → one image of the frames in rows, nearly as many rows as columns; the rest black."""
    columns = math.ceil(math.sqrt(len(frames)))
    rows = math.ceil(len(frames) / columns)
    count, height, width, channels = frames.shape
    sheet = np.zeros((rows * columns, height, width, channels), np.uint8)
    sheet[:count] = frames
    sheet = sheet.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return sheet.reshape(rows * height, columns * width, channels)


def _export_window(store: PreparedStore, row: int, root: Path) -> None:
    subject, recording, window = store.manifest.iloc[row][["subject", "recording", "window"]]
    name = recording if window == 0 else f"{recording}-w{window}"
    if store.has("audio")[row]:
        save_log_mel_image(root / "Audio" / subject / f"{name}.png", store.read(row, "audio"))
    if store.has("video")[row]:
        save_rgb_image(root / "Videos" / subject / f"{name}.png", contact_sheet(store.read(row, "video")))
    for signal in PHYSIOLOGICAL:
        if store.has(signal)[row]:
            path = root / "Physiological" / subject / f"{name}_{signal.upper()}.png"
            save_gaf_image(path, store.read(row, signal))


def _record(store: PreparedStore) -> dict:
    return {"fingerprint": store.windows_fingerprint}

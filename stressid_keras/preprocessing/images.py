"""Log-mel and GAF images as PNG: those that were made earlier, and those made for looking."""

from pathlib import Path

import cv2
import numpy as np

from stressid_keras.config import AudioConfig
from stressid_keras.errors import RecordingError
from stressid_keras.preprocessing.quantisation import narrow, widen
from stressid_keras.provenance import atomic_path


def load_log_mel_image(path: Path, config: AudioConfig) -> np.ndarray:
    """Read a spectrogram drawn with time from left to right and the lowest mel band at the bottom.

    Returns:
        (T, n_mels) uint16, as log-mels are stored; colour becomes grey.

    Raises:
        RecordingError: not an image, or not `config.n_mels` pixels high.
    """
    image = _load_grey(path)
    if image.shape[0] != config.n_mels:
        raise RecordingError(
            f"{Path(path).name} is {image.shape[0]} pixels high; expected {config.n_mels}, one per mel band."
        )
    return np.ascontiguousarray(widen(image[::-1].T))


def load_gaf_image(path: Path) -> np.ndarray:
    """Read a Gramian angular field.

    Returns:
        (S, S) uint8; colour becomes grey.

    Raises:
        RecordingError: not an image, or not square.
    """
    image = _load_grey(path)
    height, width = image.shape
    if height != width:
        raise RecordingError(f"{Path(path).name} is {width} × {height} pixels; expected a square image.")
    return image


def image_width(path: Path) -> int:
    """Width in pixels, which of a log-mel is its number of frames."""
    return _load_grey(path).shape[1]


def save_log_mel_image(path: Path, array: np.ndarray) -> None:
    """Write a stored (T, n_mels) as `load_log_mel_image` reads it, with 8 bits, for most programs read no more."""
    _save(path, narrow(array.T[::-1]))


def save_gaf_image(path: Path, array: np.ndarray) -> None:
    """Write (S, S) uint8 as `load_gaf_image` reads it."""
    _save(path, array)


def save_rgb_image(path: Path, array: np.ndarray) -> None:
    """Write (H, W, 3) uint8."""
    _save(path, array[..., ::-1])


def _load_grey(path: Path) -> np.ndarray:
    content = np.frombuffer(Path(path).read_bytes(), dtype=np.uint8)
    image = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) if len(content) else None
    if image is None:
        raise RecordingError(f"{Path(path).name} is not an image that can be read; expected a PNG.")
    return image


def _save(path: Path, image: np.ndarray) -> None:
    _, content = cv2.imencode(".png", np.ascontiguousarray(image))
    with atomic_path(Path(path)) as temporary:
        temporary.write_bytes(content.tobytes())

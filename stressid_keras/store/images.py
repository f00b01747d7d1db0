"""Log-mel and GAF images as PNG: those that were made earlier, and those made for looking."""

from pathlib import Path

import cv2
import numpy as np

from stressid_keras.config import AudioConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.png_file import read_whole_png
from stressid_keras.provenance import atomic_path
from stressid_keras.store.encoding import narrow, widen

COLOUR_NOISE = 0.03  # of full scale, between the channels of a pixel that was grey before a JPEG
WHITE = 0.98  # of full scale


def load_log_mel_image(path: Path, config: AudioConfig) -> np.ndarray:
    """Read a spectrogram drawn with time from left to right and the lowest mel band at the bottom.

    Returns:
        (T, n_mels) uint16, as log-mels are stored, of 8 or 16 bits.

    Raises:
        RecordingError: not a whole PNG, coloured or partly transparent, or not `config.n_mels` pixels high.
    """
    image = _load_grey(path)
    if image.shape[0] != config.n_mels:
        raise RecordingError(
            f"{Path(path).name} is {image.shape[0]} pixels high; expected {config.n_mels}, one per mel band."
        )
    return np.ascontiguousarray(_wide(image[::-1].T))


def load_gaf_image(path: Path) -> np.ndarray:
    """Read a Gramian angular field.

    Returns:
        (S, S) uint8; 16 bits are rounded.

    Raises:
        RecordingError: not a whole PNG, coloured or partly transparent, or not square.
    """
    image = _load_grey(path)
    height, width = image.shape
    if height != width:
        raise RecordingError(f"{Path(path).name} is {width} × {height} pixels; expected a square image.")
    return narrow(image)


def image_width(path: Path) -> int:
    """Width in pixels, which of a log-mel is its number of frames.

    Raises:
        RecordingError: not a whole PNG, coloured or partly transparent.
    """
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


def _wide(image: np.ndarray) -> np.ndarray:
    return image if image.dtype == np.uint16 else widen(image)


def _load_grey(path: Path) -> np.ndarray:
    """(H, W), uint8 or uint16 as in the file, of an image whose pixels are grey."""
    path = Path(path)
    content = np.frombuffer(read_whole_png(path), dtype=np.uint8)
    try:
        image = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
    except cv2.error:
        image = None
    if image is None:
        raise RecordingError(f"{path.name} is not an image that can be read; expected a PNG.")
    grey = _without_colour(image.reshape(*image.shape[:2], -1), path)
    _check_not_a_figure(grey, path)
    return grey


def _without_colour(image: np.ndarray, path: Path) -> np.ndarray:
    """(H, W, 1 to 4) → (H, W): the channel of a grey image; a colour map's shades do not tell the values."""
    scale = np.iinfo(image.dtype).max
    colours, opacity = image[..., :3], image[..., 3:]
    if image.shape[2] == 2:  # grey and opacity
        colours, opacity = image[..., :1], image[..., 1:]
    if (opacity != scale).any():
        raise RecordingError(f"{path.name} is transparent in places; expected an opaque grey image.")
    spread = colours.max(axis=2) - colours.min(axis=2)
    if spread.max() > COLOUR_NOISE * scale:
        raise RecordingError(
            f"{path.name} is coloured; expected a grey image: what was saved through a colour map cannot be read back."
        )
    return np.ascontiguousarray(colours[..., colours.shape[2] // 2])


def _check_not_a_figure(image: np.ndarray, path: Path) -> None:
    """Refuse a plotted figure: white all around. No spectrogram is that loud, and no field that even."""
    edges = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    white = WHITE * np.iinfo(image.dtype).max
    if edges.min() >= white and image.min() < white:
        raise RecordingError(
            f"{path.name} has a white margin, as a figure with axes has; expected the image alone, a pixel a value."
        )


def _save(path: Path, image: np.ndarray) -> None:
    _, content = cv2.imencode(".png", np.ascontiguousarray(image))
    with atomic_path(Path(path)) as temporary:
        temporary.write_bytes(content.tobytes())

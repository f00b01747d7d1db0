"""How arrays are stored: the one place that says how a value becomes an integer and back.

Fields and frames take 8 bits. Log-mels take 16, so that the deployed model, which computes them anew, sees what
training saw: the rounding to 8 bits (0.16 dB) would be a larger difference than any other between the two.
"""

import numpy as np

from stressid_keras.modalities import RECORDS

WIDER = 257  # 0..255 times this is 0..65535


def stored_type(modality: str) -> np.dtype:
    """The integers that a prepared array of a modality holds."""
    return np.dtype(f"uint{RECORDS[modality].stored_bits}")


def to_stored(values: np.ndarray, modality: str) -> np.ndarray:
    """Map a modality's range to all values of its integers, rounding to nearest; what lies outside is clipped.

    The error after `from_stored` is at most half a step: 0.0006 dB on an 80 dB log-mel, 0.004 on a GAF.

    Args:
        values: float array of any shape.
    """
    (low, high), dtype = RECORDS[modality].range, stored_type(modality)
    levels = np.iinfo(dtype).max
    scaled = (np.asarray(values) - low) * (levels / (high - low))
    return np.clip(np.rint(scaled), 0, levels).astype(dtype)


def from_stored(array: np.ndarray, modality: str) -> np.ndarray:
    """A prepared array as float32 in its modality's range; the inverse of `to_stored` up to its rounding."""
    low, high = RECORDS[modality].range
    step = (high - low) / np.iinfo(array.dtype).max
    return array.astype(np.float32) * np.float32(step) + np.float32(low)


def widen(array: np.ndarray) -> np.ndarray:
    """uint8 → uint16 that stands for the same values."""
    return array.astype(np.uint16) * np.uint16(WIDER)


def narrow(array: np.ndarray) -> np.ndarray:
    """uint16 → the nearest uint8; uint8 as it is. The inverse of `widen`."""
    if array.dtype == np.uint8:
        return array
    return np.rint(array / WIDER).astype(np.uint8)

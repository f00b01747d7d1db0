"""What silence and padding are in a waveform, whatever constant offset it has."""

import numpy as np

CONSTANT_PADDING = 16  # samples that do not change: quiet sound of 8 or 16 bits ends in a few equal ones


def peak_deviation(waveform: np.ndarray) -> float:
    """The largest distance of a sample from their mean; 0 of none. Below `QualityConfig.silence_peak` it is silence."""
    if not len(waveform):
        return 0.0
    mean = float(waveform.mean(dtype=np.float64))
    return max(float(waveform.max()) - mean, mean - float(waveform.min()))


def without_offset(waveform: np.ndarray) -> np.ndarray:
    """(n,) float32 minus its mean: microphones and converters add a constant, which is no sound."""
    mean = waveform.mean(dtype=np.float64) if len(waveform) else 0.0
    return np.subtract(waveform, mean, dtype=np.float64).astype(np.float32)


def within_full_scale(waveform: np.ndarray) -> np.ndarray:
    """(n,) float32 in [-1, 1]: as it is, or divided by its peak if that is beyond.

    Dividing, not clipping: the log-mel does not see a gain, but it does see clipped peaks.
    """
    peak = np.abs(waveform).max(initial=0.0)
    return (waveform if peak <= 1 else waveform / peak).astype(np.float32, copy=False)


def trim_padding(waveform: np.ndarray) -> np.ndarray:
    """The waveform up to where its padding begins: digital zeros, and before them samples that do not change.

    Such a tail is padding, not sound: the exported model takes it for the padding of a short input, so preparation
    must do the same or the two would see different lengths. A constant offset must not hide it, so that samples equal
    to the last one that is not zero are padding as well, if there are at least `CONSTANT_PADDING`. A waveform that
    never changes for so long is padding from its start.
    """
    sound = np.flatnonzero(waveform)
    if not len(sound):
        return waveform[:0]
    end = int(sound[-1]) + 1
    changes = np.flatnonzero(waveform[:end] != waveform[end - 1])
    start = int(changes[-1]) + 1 if len(changes) else 0
    return waveform[: start if end - start >= CONSTANT_PADDING else end]

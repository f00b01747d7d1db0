"""What a recorder does to speech: levels set wrong, recordings cut short."""

import numpy as np

FULL_SCALE = 1 << 15  # of 16 bits


def clip_share(waveform: np.ndarray, share: float) -> np.ndarray:
    """The loudest samples, `share` of all, cut down to the level that the others stay below.

    Samples as loud as that level count as clipped, so that many equal ones can make it more.

    Returns:
        (n,) float32.
    """
    n_clipped = min(len(waveform), round(share * len(waveform)))
    if not n_clipped:
        return waveform
    magnitude = np.abs(waveform)
    level = np.partition(magnitude, len(waveform) - n_clipped)[len(waveform) - n_clipped]
    return np.clip(waveform, -level, level)


def change_gain(waveform: np.ndarray, gain: float) -> np.ndarray:
    """Louder or quieter by `gain` dB, then recorded with 16 bits: clipped at full scale, rounded without dither.

    Returns:
        (n,) float32 in [-1, 1).
    """
    samples = np.rint(waveform * (10 ** (gain / 20) * FULL_SCALE))
    return (np.clip(samples, -FULL_SCALE, FULL_SCALE - 1) / FULL_SCALE).astype(np.float32)


def middle(waveform: np.ndarray, seconds: float, sample_rate: int) -> np.ndarray:
    """The middle `seconds` of a waveform; all of it if it is not longer."""
    n_samples = min(len(waveform), round(seconds * sample_rate))
    start = (len(waveform) - n_samples) // 2
    return waveform[start : start + n_samples]

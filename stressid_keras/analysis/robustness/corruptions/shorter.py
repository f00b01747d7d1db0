"""Less of the recording."""

import numpy as np

from stressid_keras.analysis.robustness.corruption import register_corruption
from stressid_keras.config import RobustnessConfig


@register_corruption("shorter", "Shorter clip", "s", RobustnessConfig.shorter, shortens=True)
def shorter(waveform, level, conditions):
    return middle(waveform, level, conditions.sample_rate)


def middle(waveform: np.ndarray, seconds: float, sample_rate: int) -> np.ndarray:
    """The middle `seconds` of a waveform; all of it if it is not longer."""
    n_samples = min(len(waveform), round(seconds * sample_rate))
    start = (len(waveform) - n_samples) // 2
    return waveform[start : start + n_samples]

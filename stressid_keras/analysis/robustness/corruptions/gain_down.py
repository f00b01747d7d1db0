"""A recorder whose level is set too low."""

import numpy as np

from stressid_keras.analysis.robustness.corruption import register_corruption
from stressid_keras.config import RobustnessConfig

FULL_SCALE = 1 << 15  # of 16 bits


@register_corruption("gain_down", "Too quiet", "dB", RobustnessConfig.gain_down)
def gain_down(waveform, level, conditions):
    return change_gain(waveform, level)


def change_gain(waveform: np.ndarray, gain: float) -> np.ndarray:
    """Louder or quieter by `gain` dB, then recorded with 16 bits: clipped at full scale, rounded without dither.

    Returns:
        (n,) float32 in [-1, 1).
    """
    samples = np.rint(waveform * (10 ** (gain / 20) * FULL_SCALE))
    return (np.clip(samples, -FULL_SCALE, FULL_SCALE - 1) / FULL_SCALE).astype(np.float32)

"""White noise added to speech, at a signal-to-noise ratio."""

import numpy as np

from stressid_keras.analysis.robustness.corruption import register_corruption
from stressid_keras.analysis.robustness.scaling import added_at
from stressid_keras.config import RobustnessConfig


@register_corruption("white_noise", "White noise", "dB SNR", RobustnessConfig.white_noise)
def white_noise(waveform, level, conditions):
    return add_white_noise(waveform, level, conditions.generator)


def add_white_noise(waveform: np.ndarray, snr: float, generator: np.random.Generator) -> np.ndarray:
    """Gaussian white noise, up to half the sample rate.

    Args:
        waveform: (n,) float32 in [-1, 1].
        snr: dB, RMS of the whole waveform over that of the noise.

    Returns:
        (n,) float32 in [-1, 1]; the sum is scaled down, not clipped, where it exceeds full scale.
    """
    return added_at(snr, waveform, generator.standard_normal(len(waveform)))

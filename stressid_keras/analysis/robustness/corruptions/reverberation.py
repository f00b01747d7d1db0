"""Rooms, as noise that dies away."""

import numpy as np
import scipy.signal

from stressid_keras.analysis.robustness.corruption import register_corruption
from stressid_keras.analysis.robustness.scaling import within_full_scale
from stressid_keras.config import RobustnessConfig


@register_corruption("reverberation", "Reverberation", "s RT60", RobustnessConfig.reverberation)
def reverberation(waveform, level, conditions):
    return add_reverberation(
        waveform,
        level,
        conditions.sample_rate,
        conditions.generator,
        conditions.config.direct_to_reverberant,
    )


def add_reverberation(
    waveform: np.ndarray,
    rt60: float,
    sample_rate: int,
    generator: np.random.Generator,
    direct_to_reverberant: float = RobustnessConfig.direct_to_reverberant,
) -> np.ndarray:
    """A waveform in a room of the given reverberation time, see `impulse_response`.

    Returns:
        (n,) float32 in [-1, 1], not delayed; what rings on past the end is cut off.
    """
    response = impulse_response(rt60, sample_rate, generator, direct_to_reverberant)
    return within_full_scale(scipy.signal.fftconvolve(waveform, response)[: len(waveform)])


def impulse_response(
    rt60: float, sample_rate: int, generator: np.random.Generator, direct_to_reverberant: float
) -> np.ndarray:
    """Direct sound and, after it, Gaussian noise that decays exponentially.

    The statistical model of late reverberation: no early reflections, the same decay at all frequencies
    (Moorer, "About This Reverberation Business", Computer Music Journal 3(2), 1979).

    Args:
        rt60: seconds in which the reverberation falls by 60 dB; the response ends there.
        direct_to_reverberant: dB, energy of the direct sound over that of the rest.

    Returns:
        (1 + rt60 · sample_rate,) float64 of energy 1; the direct sound is its first sample.
    """
    n_samples = max(1, round(rt60 * sample_rate))
    time = np.arange(1, n_samples + 1) / sample_rate
    tail = generator.standard_normal(n_samples) * 10 ** (-3 * time / rt60)
    tail *= 10 ** (-direct_to_reverberant / 20) / np.linalg.norm(tail)
    response = np.concatenate([[1.0], tail])
    return response / np.linalg.norm(response)

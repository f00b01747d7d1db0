"""Noise added to speech, at a signal-to-noise ratio."""

from collections.abc import Sequence

import numpy as np

from stressid_keras.analysis.robustness.scaling import rms, within_full_scale
from stressid_keras.errors import StressIDError


def add_white_noise(waveform: np.ndarray, snr: float, generator: np.random.Generator) -> np.ndarray:
    """Gaussian white noise, up to half the sample rate.

    Args:
        waveform: (n,) float32 in [-1, 1].
        snr: dB, RMS of the whole waveform over that of the noise.

    Returns:
        (n,) float32 in [-1, 1]; the sum is scaled down, not clipped, where it exceeds full scale.
    """
    return _add(waveform, generator.standard_normal(len(waveform)), snr)


def add_babble(
    waveform: np.ndarray, snr: float, voices: Sequence[np.ndarray], generator: np.random.Generator
) -> np.ndarray:
    """Other people talking: the sum of their recordings, all at the same RMS.

    Args:
        waveform: (n,) float32 in [-1, 1].
        snr: dB, RMS of the whole waveform over that of the sum.
        voices: waveforms at the same rate; each begins at a random place and is repeated as often as it takes.

    Returns:
        As `add_white_noise`.

    Raises:
        StressIDError: no voice that can be heard.
    """
    babble, heard = np.zeros(len(waveform)), 0
    for voice in voices:
        start = int(generator.integers(max(1, len(voice))))
        part = _looped(voice, start, len(waveform))
        if level := rms(part):
            babble += part / level
            heard += 1
    if not heard:
        raise StressIDError(
            f"babble was made of {len(voices)} recordings without sound; "
            "expected at least one recording of another person."
        )
    return _add(waveform, babble, snr)


def _looped(voice: np.ndarray, start: int, n_samples: int) -> np.ndarray:
    """`n_samples` of a voice from `start` on, around its end as often as it takes."""
    return np.resize(np.concatenate([voice[start:], voice[:start]]), n_samples) if len(voice) else voice


def _add(waveform: np.ndarray, noise: np.ndarray, snr: float) -> np.ndarray:
    level = rms(noise)
    if not level:
        return waveform.astype(np.float32)
    return within_full_scale(waveform + noise * (rms(waveform) / level * 10 ** (-snr / 20)))

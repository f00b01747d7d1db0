"""Other people talking at the same time."""

from collections.abc import Sequence

import numpy as np

from stressid_keras.analysis.robustness.corruption import register_corruption
from stressid_keras.analysis.robustness.scaling import added_at, rms
from stressid_keras.config import RobustnessConfig
from stressid_keras.errors import StressIDError


@register_corruption("babble", "Babble", "dB SNR", RobustnessConfig.babble, needs_voices=True)
def babble(waveform, level, conditions):
    return add_babble(waveform, level, conditions.voices, conditions.generator)


def add_babble(
    waveform: np.ndarray, snr: float, voices: Sequence[np.ndarray], generator: np.random.Generator
) -> np.ndarray:
    """Other people talking: the sum of their recordings, all at the same RMS.

    Args:
        waveform: (n,) float32 in [-1, 1].
        snr: dB, RMS of the whole waveform over that of the sum.
        voices: waveforms at the same rate; each begins at a random place and is repeated as often as it takes.

    Returns:
        (n,) float32 in [-1, 1]; the sum is scaled down, not clipped, where it exceeds full scale.

    Raises:
        StressIDError: no voice that can be heard.
    """
    talk, heard = np.zeros(len(waveform)), 0
    for voice in voices:
        start = int(generator.integers(max(1, len(voice))))
        part = _looped(voice, start, len(waveform))
        if level := rms(part):
            talk += part / level
            heard += 1
    if not heard:
        raise StressIDError(
            f"babble was made of {len(voices)} recordings without sound; "
            "expected at least one recording of another person."
        )
    return added_at(snr, waveform, talk)


def _looped(voice: np.ndarray, start: int, n_samples: int) -> np.ndarray:
    """`n_samples` of a voice from `start` on, around its end as often as it takes."""
    return np.resize(np.concatenate([voice[start:], voice[:start]]), n_samples) if len(voice) else voice

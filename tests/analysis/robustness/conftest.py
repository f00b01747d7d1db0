import numpy as np
import pytest
import scipy.signal

RATE = 16_000


@pytest.fixture(scope="session")
def voice():
    """A function: something that comes and goes like syllables, with more energy in low frequencies."""

    def make(seconds=2.0, seed=0, peak=0.3):
        generator = np.random.default_rng(seed)
        n_samples = round(seconds * RATE)
        noise = scipy.signal.lfilter([1], [1, -0.9], generator.standard_normal(n_samples))
        syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * np.arange(n_samples) / RATE + seed)
        waveform = noise * syllables
        return (peak * waveform / np.abs(waveform).max()).astype(np.float32)

    return make

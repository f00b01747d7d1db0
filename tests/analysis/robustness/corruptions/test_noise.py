"""Noise is as loud as it was said to be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stressid_keras.analysis.robustness.corruptions.babble import add_babble
from stressid_keras.analysis.robustness.corruptions.white_noise import add_white_noise
from stressid_keras.errors import StressIDError

RATE = 16_000
TIME = np.arange(RATE) / RATE
SPEECH = (0.05 * np.sin(2 * np.pi * 220 * TIME) * np.sin(2 * np.pi * 3 * TIME)).astype(np.float32)
VOICES = [
    (scale * np.sin(2 * np.pi * hertz * TIME[: RATE // part])).astype(np.float32)
    for scale, hertz, part in ((0.5, 330, 1), (0.001, 470, 2), (0.1, 610, 3))
]


def decibels(signal, noise):
    power = np.mean(np.square(signal, dtype=float)), np.mean(np.square(noise, dtype=float))
    return 10 * np.log10(power[0] / power[1])


def with_white_noise(waveform, snr, seed):
    return add_white_noise(waveform, snr, np.random.default_rng(seed))


def with_babble(waveform, snr, seed):
    return add_babble(waveform, snr, VOICES, np.random.default_rng(seed))


@pytest.mark.parametrize("add", [with_white_noise, with_babble])
@given(snr=st.floats(-5, 20), seed=st.integers(0, 99), gain=st.floats(0.01, 1.0))
@settings(max_examples=25)
def test_signal_to_noise_ratio_is_what_was_asked(add, snr, seed, gain):
    waveform = (gain * SPEECH).astype(np.float32)
    noisy = add(waveform, snr, seed)
    assert decibels(waveform, noisy - waveform) == pytest.approx(snr, abs=0.01)


@pytest.mark.parametrize("add", [with_white_noise, with_babble])
def test_a_sum_beyond_full_scale_is_scaled_down_not_clipped(add):
    loud = (SPEECH / np.abs(SPEECH).max()).astype(np.float32)
    noisy = add(loud, 0.0, 1)
    quiet = add(loud / 100, 0.0, 1)
    assert np.abs(noisy).max() == 1
    np.testing.assert_allclose(noisy, quiet / np.abs(quiet).max(), atol=1e-6)


def test_white_noise_is_white():
    noise = add_white_noise(SPEECH * 0 + 1e-3, -40, np.random.default_rng(0)) - 1e-3
    power = np.abs(np.fft.rfft(noise)) ** 2
    bands = [band.mean() for band in np.array_split(power[1:], 8)]
    assert 10 * np.log10(max(bands) / min(bands)) < 1


def test_every_voice_of_the_babble_is_equally_loud_and_repeated_to_the_end():
    noise = with_babble(SPEECH * 0 + 1e-4, -20, 0) - 1e-4
    for second_half in (noise[: RATE // 2], noise[RATE // 2 :]):
        power = np.abs(np.fft.rfft(second_half)) ** 2
        hertz = np.fft.rfftfreq(len(second_half), 1 / RATE)
        of_voices = [power[np.abs(hertz - voice) < 60].sum() for voice in (330, 470, 610)]
        assert 10 * np.log10(max(of_voices) / min(of_voices)) < 0.5


def test_babble_of_nobody_is_refused():
    for voices in ([], [np.zeros(100, np.float32)], [np.zeros(0, np.float32)]):
        with pytest.raises(StressIDError, match="at least one recording of another person"):
            add_babble(SPEECH, 0.0, voices, np.random.default_rng(0))

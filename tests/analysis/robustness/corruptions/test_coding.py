"""Codecs lose what they should, and nothing moves."""

import numpy as np
import pytest
import scipy.signal

from stressid_keras.analysis.robustness.corruptions.mp3 import mp3
from stressid_keras.analysis.robustness.corruptions.telephone import telephone
from stressid_keras.errors import StressIDError

RATE = 16_000


def level_db(waveform, low, high):
    """Mean power spectral density between two frequencies."""
    hertz, density = scipy.signal.welch(waveform, RATE, nperseg=1024)
    return 10 * np.log10(density[(hertz >= low) & (hertz <= high)].mean() + 1e-20)


def lag(coded, waveform):
    correlation = scipy.signal.correlate(coded, waveform, method="fft")
    return int(np.argmax(correlation)) - (len(waveform) - 1)


def snr(coded, waveform):
    return 10 * np.log10(np.square(waveform).sum() / np.square(coded - waveform).sum())


def test_telephone_passes_300_to_3400_hertz_and_nothing_else():
    noise = np.random.default_rng(0).normal(0, 0.1, 4 * RATE).clip(-1, 1).astype(np.float32)
    call = telephone(noise, RATE)
    change = {
        band: level_db(call, *band) - level_db(noise, *band)
        for band in ((20, 120), (120, 180), (350, 3300), (500, 3000), (4100, 7900))
    }
    assert abs(change[350, 3300]) < 1
    assert abs(change[500, 3000]) < 0.5
    assert change[20, 120] < -25  # what is left is the noise of 8 bits
    assert change[120, 180] < -25
    assert change[4100, 7900] < -60


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.01])
def test_companding_keeps_the_distance_of_its_noise_to_loud_and_to_quiet_speech(gain):
    """8 bits of µ-law give about 38 dB over a range of 40 dB, where 8 linear bits would lose 40 of theirs."""
    tone = (0.5 * gain * np.sin(2 * np.pi * 1010 * np.arange(2 * RATE) / RATE)).astype(np.float32)
    call = telephone(tone, RATE)[RATE // 4 : -RATE // 4]
    hertz, power = scipy.signal.periodogram(call, RATE, window="blackmanharris")
    of_tone = np.abs(hertz - 1010) < 20
    ratio = 10 * np.log10(power[of_tone].sum() / power[~of_tone & (hertz < 4000)].sum())
    assert 27 < ratio < 43


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_a_call_is_as_long_as_what_was_said_at_any_rate(rate, voice):
    speech = voice(1.0)[:7777]
    assert len(telephone(speech, rate)) == len(speech)


def test_mp3_is_aligned_and_closer_at_higher_bit_rates(voice):
    speech = voice(3.0)[:-123]
    ratios = []
    for bit_rate in (8, 16, 24, 48, 96):
        coded = mp3(speech, bit_rate, RATE)
        assert len(coded) == len(speech)
        assert lag(coded, speech) == 0
        ratios.append(snr(coded, speech))
    assert ratios == sorted(ratios)
    assert ratios[0] < 10
    assert ratios[-1] > 14


def test_mp3_gives_the_same_every_time(voice):
    speech = voice(1.0)
    np.testing.assert_array_equal(mp3(speech, 16, RATE), mp3(speech, 16, RATE))


def test_a_rate_that_mp3_does_not_have_is_refused(voice):
    with pytest.raises(StressIDError, match="cannot hold 96000 samples a second"):
        mp3(voice(0.1), 48, 96_000)

"""A room's reverberation lasts as long as it was said to, and does not move the speech."""

import numpy as np
import pytest

from stressid_keras.analysis.robustness.corruptions.reverberation import add_reverberation, impulse_response

RATE = 16_000


def schroeder_rt60(response):
    """From the slope of the backward-integrated energy between -5 and -35 dB (ISO 3382, T30)."""
    energy = np.cumsum(np.square(response)[::-1])[::-1]
    decay = 10 * np.log10(energy / energy[0])
    fitted = (decay < -5) & (decay > -35)
    slope, _ = np.polyfit(np.flatnonzero(fitted) / RATE, decay[fitted], 1)
    return -60 / slope


@pytest.mark.parametrize("rt60", [0.2, 0.4, 0.8, 1.6])
@pytest.mark.parametrize("seed", range(5))
def test_reverberation_time_is_what_was_asked(rt60, seed):
    response = impulse_response(rt60, RATE, np.random.default_rng(seed), direct_to_reverberant=0.0)
    assert schroeder_rt60(response) == pytest.approx(rt60, rel=0.1)


@pytest.mark.parametrize("ratio", [-6.0, 0.0, 10.0])
def test_direct_sound_stands_at_the_asked_ratio_in_a_response_of_energy_one(ratio):
    response = impulse_response(0.5, RATE, np.random.default_rng(0), ratio)
    energy = np.square(response)
    assert energy.sum() == pytest.approx(1)
    assert 10 * np.log10(energy[0] / energy[1:].sum()) == pytest.approx(ratio)


def test_speech_is_not_delayed_and_rings_on(voice):
    speech = voice(2.0)
    speech[RATE:] = 0
    reverberant = add_reverberation(speech, 0.4, RATE, np.random.default_rng(0))
    lag = np.argmax(np.correlate(reverberant[:RATE], speech[: RATE - 500], "valid"))
    assert lag == 0
    assert len(reverberant) == len(speech)
    just_after, later = (np.square(reverberant[start : start + 1600]).mean() for start in (RATE, RATE + 3200))
    assert 10 * np.log10(just_after / later) == pytest.approx(30, abs=6)  # 60 dB in 0.4 s is 30 in 0.2

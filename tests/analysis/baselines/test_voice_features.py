"""Features of known sounds mean what they are called; every waveform has them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stressid_keras.analysis.baselines import audio_features
from stressid_keras.errors import StressIDError

RATE = 16_000


def tone(frequency, seconds=2.0, amplitude=1.0):
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


def noise(seconds=2.0, amplitude=0.1):
    return amplitude * np.random.default_rng(0).standard_normal(round(seconds * RATE))


@pytest.mark.parametrize("frequency", [150, 300, 450])
def test_a_tone_has_its_frequency_as_centroid_and_pitch(frequency):
    features = audio_features(tone(frequency), RATE)
    assert features["audio_centroid_mean"] == pytest.approx(frequency, rel=0.03)
    assert features["audio_pitch_mean"] == pytest.approx(frequency, rel=0.01)
    assert features["audio_pitch_std"] < 2


def test_level_is_the_root_mean_square():
    assert audio_features(tone(1000, amplitude=0.5), RATE)["audio_level_mean"] == pytest.approx(
        0.5 / np.sqrt(2), rel=0.05
    )


def test_zero_crossings_of_a_tone_are_two_a_period():
    assert audio_features(tone(1000), RATE)["audio_zero_crossing_rate_mean"] == pytest.approx(
        2000 / RATE, rel=0.05
    )


def test_noise_is_flatter_wider_and_higher_than_a_tone():
    of_noise, of_tone = audio_features(noise(), RATE), audio_features(tone(440), RATE)
    for name in ("flatness", "bandwidth", "rolloff"):
        assert of_noise[f"audio_{name}_mean"] > 3 * of_tone[f"audio_{name}_mean"]


def test_chroma_of_a_is_the_tenth_of_twelve():
    features = audio_features(tone(440), RATE)
    assert max(range(12), key=lambda number: features[f"audio_chroma_{number}_mean"]) == 9


def test_a_gain_changes_the_level_and_not_the_spectrum():
    quiet, loud = audio_features(noise(amplitude=0.01), RATE), audio_features(noise(amplitude=0.1), RATE)
    assert loud["audio_level_mean"] == pytest.approx(10 * quiet["audio_level_mean"], rel=1e-3)
    for name in ("centroid_mean", "rolloff_std", "mfcc_3_mean", "mfcc_delta_2_std"):
        assert loud[f"audio_{name}"] == pytest.approx(quiet[f"audio_{name}"], rel=1e-2)


def test_a_changing_voice_has_the_greater_slopes():
    steady = audio_features(tone(200), RATE)
    changing = audio_features(np.concatenate([tone(200, 0.5), noise(0.5), tone(400, 0.5), noise(0.5)]), RATE)
    for name in ("mfcc_delta_0_std", "mfcc_delta_delta_0_std", "centroid_std"):
        assert changing[f"audio_{name}"] > 2 * steady[f"audio_{name}"]


@pytest.mark.parametrize(
    "waveform",
    [
        np.zeros(RATE),
        np.zeros(1),
        noise(0.1),
        np.eye(1, RATE, 5000)[0],
        np.sign(noise()),
        np.ones(RATE),
        1e-30 * noise(),
        tone(7999),
    ],
    ids=[
        "silence",
        "one sample",
        "a tenth of a second",
        "click",
        "full scale",
        "constant",
        "tiny",
        "Nyquist",
    ],
)
def test_every_waveform_has_all_features_and_only_slopes_and_pitch_may_be_missing(waveform):
    features = audio_features(waveform.astype(np.float32), RATE)
    assert list(features) == list(audio_features(noise(), RATE))
    missing = [name for name, value in features.items() if not np.isfinite(value)]
    assert all(np.isnan(features[name]) and ("_delta_" in name or "_pitch_" in name) for name in missing)


@pytest.mark.parametrize("rate", [4000, 8000, 22_050, 48_000])
def test_other_sample_rates_give_features(rate):
    assert all(np.isfinite(value) for value in audio_features(noise(), rate).values())


@settings(max_examples=30)
@given(st.integers(1, 3000), st.floats(0, 1, width=32), st.integers(0, 100))
def test_any_length_and_level_gives_numbers_or_nan(length, level, seed):
    waveform = np.random.default_rng(seed).uniform(-level, level, length)
    assert not any(np.isinf(value) for value in audio_features(waveform, RATE).values())


@pytest.mark.parametrize(
    "waveform", [np.zeros(0), np.zeros((2, 100)), np.array([0.0, np.nan]), np.array([np.inf])]
)
def test_what_is_no_waveform_is_refused(waveform):
    with pytest.raises(StressIDError, match=r"shape .* expected one channel"):
        audio_features(waveform, RATE)

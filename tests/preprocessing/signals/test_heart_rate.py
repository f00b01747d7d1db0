import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stressid_keras.dataset.synthetic.body import ecg
from stressid_keras.errors import RecordingError
from stressid_keras.preprocessing.signals.heart_rate import find_heartbeats, heart_rate

RATE = 500.0


def beating(bpm, seconds):
    """Spikes with a rounded top, one a beat."""
    time = np.arange(round(seconds * RATE)) / RATE
    phase = (time * bpm / 60 + 0.5) % 1 - 0.5
    return np.exp(-0.5 * (phase * 60 / bpm / 0.012) ** 2)


@settings(deadline=None, max_examples=15)
@given(bpm=st.floats(45, 160), gain=st.floats(0.1, 1000), seconds=st.floats(5, 20))
def test_the_rate_of_a_steady_heart_is_found_in_whatever_unit(bpm, gain, seconds):
    signal = gain * beating(bpm, seconds)
    found = heart_rate(signal, RATE, "clip.txt")
    assert found.shape == signal.shape
    assert np.median(found) == pytest.approx(bpm, rel=0.03)


def test_a_calm_and_a_stressed_heart_differ():
    rates = [
        heart_rate(ecg(arousal, np.random.default_rng(0), np.random.default_rng(1), 20, 500), RATE, "").mean()
        for arousal in (0, 1, 2)
    ]
    assert np.diff(rates).min() > 10


@pytest.mark.parametrize(
    "signal",
    [np.zeros(1000), np.linspace(0, 1, 5000), beating(60, 0.9), np.zeros(3), np.zeros(1), beating(60, 0.4)],
)
def test_what_does_not_beat_is_refused_in_a_sentence(signal):
    with pytest.raises(
        RecordingError, match=r"clip.txt: no heart rate is found; expected at least two heart"
    ):
        heart_rate(signal, RATE, "clip.txt")


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.3])
def test_beats_of_a_heart_are_alike(noise):
    signal = ecg(1, np.random.default_rng(0), np.random.default_rng(1), 30, 500)
    signal += noise * np.random.default_rng(2).standard_normal(len(signal))
    assert find_heartbeats(signal, RATE, "").likeness(0, len(signal)) > 0.8


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "change", [np.asarray, np.cumsum, np.rint, lambda noise: np.convolve(noise, np.ones(9), "same")]
)
def test_peaks_in_noise_are_not_alike(change, seed):
    signal = change(np.random.default_rng(seed).standard_normal(15_000))
    assert find_heartbeats(signal, RATE, "").likeness(0, len(signal)) < 0.6


def test_two_or_three_beats_cannot_be_compared():
    signal = np.random.default_rng(0).standard_normal(15_000)
    assert find_heartbeats(signal, RATE, "").likeness(0, 1000) == 1

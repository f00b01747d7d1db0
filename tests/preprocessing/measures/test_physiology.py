"""Features of known signals mean what they are called; whatever breaks NeuroKit2 costs its own features alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stressid_keras.config import QualityConfig
from stressid_keras.dataset.synthetic.body import WAVES
from stressid_keras.preprocessing.measures import physiology_features

RATE = 500.0
NAMES = ("ecg", "eda", "rr")
POWERS = ("high_frequency", "low_frequency", "low_to_high_frequency")


def ecg(beats):
    """Heartbeats at the given times, in seconds; it ends with the last."""
    time = np.arange(round(beats[-1] * RATE)) / RATE
    waves = (
        size * np.exp(-0.5 * ((time - beat - offset) / width) ** 2)
        for beat in beats
        for size, offset, width in WAVES
    )
    return sum(waves) + 0.01 * np.random.default_rng(0).standard_normal(len(time))


def eda(onsets, seconds=60.0, level=5.0):
    """A level with skin conductance responses of half a microsiemens, which rise within two seconds."""
    time = np.arange(round(seconds * RATE)) / RATE
    delays = [np.maximum(time - onset, 0) for onset in onsets]
    return level + sum(np.exp(-delay / 2) - np.exp(-delay / 0.7) for delay in delays) + 0 * time


def rr(breaths_a_minute, seconds=60.0, depth=1.0):
    time = np.arange(round(seconds * RATE)) / RATE
    return depth * np.sin(2 * np.pi * breaths_a_minute / 60 * time)


def signals(**others):
    given = {"ecg": ecg(np.arange(0, 60, 60 / 72)), "eda": eda((10, 25, 40)), "rr": rr(15)}
    return given | others


def of(name, signal, rate=RATE):
    features = physiology_features({name: signal}, rate)
    return {
        key.removeprefix(f"{name}_"): value for key, value in features.items() if key.startswith(f"{name}_")
    }


@pytest.mark.parametrize("rate", [50, 72, 110])
def test_heart_rate_is_that_of_the_beats(rate):
    features = of("ecg", ecg(np.arange(0, 60, 60 / rate)))
    assert features["rate_mean"] == pytest.approx(rate, abs=0.5)
    assert features["rate_maximum"] - features["rate_minimum"] < 2
    assert features["interval_rmssd"] < 10


def test_variability_is_that_of_the_intervals():
    intervals = np.tile([0.8, 0.9], 33)
    features = of("ecg", ecg(np.cumsum(intervals)))
    assert features["interval_std"] == pytest.approx(50, abs=3)
    assert features["interval_rmssd"] == pytest.approx(100, abs=5)
    assert features["interval_variation"] == pytest.approx(50 / 850, abs=0.005)
    assert features["interval_pnn50"] > 95


def test_a_heart_that_follows_breathing_has_the_power_at_high_frequency():
    def beats(frequency):
        times = [0.5]
        while times[-1] < 60:
            times.append(times[-1] + 0.85 + 0.08 * np.sin(2 * np.pi * frequency * times[-1]))
        return np.array(times)

    fast, slow = of("ecg", ecg(beats(0.25))), of("ecg", ecg(beats(0.1)))
    assert fast["low_to_high_frequency"] < 0.2
    assert slow["low_to_high_frequency"] > 5


def test_powers_are_missing_where_the_recording_is_too_short_for_them():
    features = of("ecg", ecg(np.arange(0, 20, 0.8)))
    assert all(np.isnan(features[name]) for name in POWERS)
    features = of("ecg", ecg(np.arange(0, 32, 0.8) + 0.02 * np.sin(np.arange(40))))
    assert [name for name in POWERS if np.isnan(features[name])] == list(POWERS[1:])
    assert features["rate_mean"] == pytest.approx(75, abs=0.5)


@pytest.mark.parametrize("onsets", [(10, 30, 50), (5, 15, 25, 35, 45, 55)])
def test_skin_responses_are_counted(onsets):
    assert of("eda", eda(onsets))["scr_rate"] == len(onsets)
    assert of("eda", eda(onsets, seconds=120))["scr_rate"] == len(onsets) / 2


def test_level_amplitude_and_rise_of_the_skin_are_in_their_units():
    features = of("eda", eda((10, 30, 50), level=7.0))
    assert features["tonic_mean"] == pytest.approx(7.1, abs=0.1)
    assert features["scr_amplitude_mean"] == pytest.approx(0.45, abs=0.1)
    assert features["scr_rise_time"] == pytest.approx(1.1, abs=0.3)
    drifting = of("eda", eda((10, 30, 50)) + 0.02 * np.arange(30_000) / RATE)
    assert drifting["tonic_slope"] - features["tonic_slope"] == pytest.approx(0.02, abs=0.003)


@pytest.mark.parametrize("rate", [8, 15, 24])
def test_breathing_rate_and_depth_are_those_of_the_breaths(rate):
    features = of("rr", rr(rate, depth=3.0))
    assert features["rate_mean"] == pytest.approx(rate, rel=0.03)
    assert features["amplitude_mean"] == pytest.approx(6.0, rel=0.1)
    assert features["interval_variation"] < 0.05


def test_share_of_breathing_in_is_that_of_the_rise():
    phase = (np.arange(round(60 * RATE)) / RATE / 4) % 1
    breath = np.where(phase < 0.3, phase / 0.3, (1 - phase) / 0.7)
    assert of("rr", breath)["inspiration_share"] == pytest.approx(0.3, abs=0.03)


def test_statistics_are_those_of_the_samples():
    signal = np.concatenate([np.zeros(500), np.ones(1500)]) + np.arange(2000) / RATE
    for name in NAMES:
        features = of(name, signal)
        assert features["mean"] == pytest.approx(signal.mean(), rel=1e-5)
        assert features["std"] == pytest.approx(signal.std(), rel=1e-5)
        assert features["median"] == pytest.approx(np.median(signal), rel=1e-5)
        assert (features["minimum"], features["maximum"]) == pytest.approx((0, signal.max()))
    assert of("rr", 3 + 0.5 * np.arange(2000) / RATE)["slope"] == pytest.approx(0.5, rel=1e-4)


def test_other_sample_rates_give_the_same_rates():
    given = {name: signal[::2] for name, signal in signals().items()}
    features = physiology_features(given, RATE / 2)
    assert features["ecg_rate_mean"] == pytest.approx(72, abs=0.5)
    assert features["eda_scr_rate"] == 3
    assert features["rr_rate_mean"] == pytest.approx(15, rel=0.03)


def test_sixty_seconds_of_clean_signals_have_all_features():
    assert not [name for name, value in physiology_features(signals(), RATE).items() if np.isnan(value)]


@pytest.mark.parametrize("broken", NAMES)
@pytest.mark.parametrize(
    "make",
    [lambda n: np.full(n, 2.0), lambda n: np.full(n, np.nan), lambda n: np.zeros(0)],
    ids=["constant", "missing", "empty"],
)
def test_a_signal_that_preparation_refuses_costs_its_own_features_alone(broken, make):
    features = physiology_features(signals(**{broken: make(30_000)}), RATE)
    assert [name for name, value in features.items() if np.isnan(value)] == [
        name for name in features if name.startswith(f"{broken}_")
    ]
    absent = {name: signal for name, signal in signals().items() if name != broken}
    np.testing.assert_equal(physiology_features(absent, RATE), features)


def test_a_few_missing_samples_are_interpolated():
    holed = signals()["ecg"].copy()
    holed[1000:1100] = np.nan
    assert of("ecg", holed)["rate_mean"] == pytest.approx(72, abs=0.5)
    features = physiology_features({"ecg": holed}, RATE, QualityConfig(max_missing_share=0.001))
    assert np.isnan(features["ecg_mean"])


def test_a_skin_without_any_peak_has_no_responses():
    features = of("eda", 5 - np.arange(1000) / RATE)
    assert features["scr_rate"] == 0
    assert np.isnan(features["scr_amplitude_mean"])


@settings(max_examples=25)
@given(
    st.integers(1, 5000),
    st.sampled_from(["noise", "walk", "step", "impulse", "line", "sine", "saturated"]),
    st.floats(1e-3, 1e4),
    st.integers(0, 100),
)
def test_whatever_the_signal_features_are_numbers_or_nan(length, kind, scale, seed):
    rng = np.random.default_rng(seed)
    time = np.arange(length) / RATE
    signal = {
        "noise": rng.standard_normal(length),
        "walk": rng.standard_normal(length).cumsum(),
        "step": (time > time[-1] / 2).astype(float),
        "impulse": np.eye(1, length, length // 2)[0],
        "line": time,
        "sine": np.sin(2 * np.pi * rng.uniform(0.05, 3) * time),
        "saturated": np.clip(rng.standard_normal(length).cumsum(), -1, 1),
    }[kind]
    features = physiology_features(dict.fromkeys(NAMES, (scale * signal).astype(np.float32)), RATE)
    assert len(features) == 56
    assert all(type(value) is float and not np.isinf(value) for value in features.values())

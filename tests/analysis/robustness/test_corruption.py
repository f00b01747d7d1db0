"""Every corruption of every input gives sound that preparation would take, or says that there is none."""

import numpy as np
import pytest

from stressid_keras.analysis.robustness import CORRUPTIONS, Conditions, corrupt
from stressid_keras.analysis.robustness.corruption import levels_for
from stressid_keras.config import RobustnessConfig
from stressid_keras.errors import StressIDError

RATE = 16_000
CONFIG = RobustnessConfig()


def conditions(voice, seed=0):
    return Conditions(RATE, np.random.default_rng(seed), [voice(1.0, 1), voice(0.7, 2)], CONFIG)


def nearly_silent(voice):
    return voice(1.0, peak=2e-4)


def digital_silence(voice):
    return np.zeros(RATE, np.float32)


def click(voice):
    waveform = np.zeros(RATE, np.float32)
    waveform[RATE // 2] = 0.9
    return waveform


def full_scale(voice):
    return np.sign(voice(1.0)).astype(np.float32)


def half_a_second(voice):
    return voice(0.5)


def one_sample(voice):
    return np.array([0.5], np.float32)


def a_minute(voice):
    return voice(60.0)


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize(
    "make", [nearly_silent, digital_silence, click, full_scale, half_a_second, one_sample, a_minute]
)
def test_output_is_finite_within_full_scale_and_as_long_as_promised(voice, make, name):
    waveform = make(voice)
    before = waveform.copy()
    corruption = CORRUPTIONS[name]
    levels = corruption.levels if make is not a_minute else corruption.levels[-1:]
    for level in levels:
        changed = corruption.apply(waveform, level, conditions(voice))
        assert np.isfinite(changed).all()
        assert np.abs(changed).max() <= 1
        expected = min(len(waveform), round(level * RATE)) if name == "shorter" else len(waveform)
        assert len(changed) == expected
        heard = corrupt(waveform, name, level, conditions(voice))
        if heard is not None:
            assert heard.dtype == np.float32
            assert heard[-1] != 0
            assert np.abs(heard).max() >= 1e-4
    np.testing.assert_array_equal(waveform, before)


def test_what_becomes_silent_is_said_to_be():
    quiet = np.resize(np.float32([1e-3, -1e-3]), RATE)
    given = Conditions(RATE, np.random.default_rng(0))
    assert corrupt(quiet, "gain_down", -40.0, given) is None
    assert corrupt(quiet, "gain_down", -10.0, given) is not None


def test_trailing_digital_zeros_are_dropped_as_preparation_does():
    waveform = np.concatenate([np.resize([0.1, -0.1], 5000), np.full(3000, 1e-4)]).astype(np.float32)
    assert len(corrupt(waveform, "gain_down", -20.0, Conditions(RATE, np.random.default_rng(0)))) == 5000


def test_every_corruption_gets_worse_along_its_levels(voice):
    """By the likeness to the clean waveform, whatever the gain, for those that keep the samples in place."""
    speech = voice(2.0)
    for name, corruption in CORRUPTIONS.items():
        if name in ("shorter", "telephone"):
            continue
        likeness = []
        for level in corruption.levels:
            changed = corruption.apply(speech, level, conditions(voice))
            cosine = np.dot(changed, speech) / np.linalg.norm(changed) / np.linalg.norm(speech)
            likeness.append(round(float(cosine), 4))
        if name == "reverberation":  # the same energy at any reverberation time, only later
            assert max(likeness) < 0.9
        else:
            assert likeness == sorted(likeness, reverse=True), name


def test_clips_are_only_made_shorter_and_an_empty_tuple_leaves_a_corruption_out():
    config = RobustnessConfig(white_noise=(0.0, 20.0), babble=(), shorter=(30.0, 5.0, 2.0, 1.0))
    found = levels_for(5 * RATE, RATE, config)
    assert [level for name, level in found if name == "shorter"] == [2.0, 1.0]
    assert [level for name, level in found if name == "white_noise"] == [20.0, 0.0]
    assert "babble" not in dict(found)


def test_an_unknown_corruption_is_refused(voice):
    with pytest.raises(StressIDError, match="corruption 'echo' is unknown; expected one of white_noise"):
        corrupt(voice(), "echo", 1.0, conditions(voice))


@pytest.mark.parametrize(
    ("option", "levels"),
    [
        ("clipping", (0.0,)),
        ("clipping", (120.0,)),
        ("gain_up", (-3.0,)),
        ("gain_down", (3.0,)),
        ("mp3", (0.0,)),
        ("babble", (float("nan"),)),
    ],
)
def test_levels_that_mean_nothing_are_refused(option, levels):
    with pytest.raises(StressIDError, match=f"an item of {option} is"):
        RobustnessConfig(**{option: levels})

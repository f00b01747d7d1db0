"""Clipping, gain and short clips do to the samples what they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stressid_keras.analysis.robustness.corruptions.clipping import clip_share
from stressid_keras.analysis.robustness.corruptions.gain_down import change_gain
from stressid_keras.analysis.robustness.corruptions.shorter import middle

RATE = 16_000


@given(share=st.floats(0.0, 1.0), seed=st.integers(0, 9))
def test_the_asked_share_of_samples_is_clipped_and_the_others_are_kept(share, seed):
    waveform = np.random.default_rng(seed).normal(0, 0.2, 1000).clip(-1, 1).astype(np.float32)
    clipped = clip_share(waveform, share)
    kept = np.abs(clipped) < np.abs(clipped).max()
    assert abs((~kept).sum() - max(1, round(share * 1000))) <= 1
    np.testing.assert_array_equal(clipped[kept], waveform[kept])
    np.testing.assert_array_equal(np.sign(clipped), np.sign(waveform))


@given(gain=st.floats(-40, 0))
def test_quieter_and_back_is_the_same_up_to_the_rounding_of_16_bits(gain):
    waveform = np.random.default_rng(0).uniform(-0.9, 0.9, 500).astype(np.float32)
    quiet = change_gain(waveform, gain)
    step = 2.0**-15
    np.testing.assert_allclose(quiet, waveform * 10 ** (gain / 20), atol=step / 2 + 1e-7)
    back = change_gain(quiet, -gain)
    np.testing.assert_allclose(back, waveform, atol=step / 2 * (1 + 10 ** (-gain / 20)) + 1e-6)


def test_quieter_loses_what_lies_below_the_last_bit():
    waveform = np.full(100, 1e-3, np.float32)
    assert not change_gain(waveform, -40).any()
    assert len(np.unique(change_gain(np.linspace(0, 0.1, 1000, dtype=np.float32), -40))) < 40


def test_louder_clips_at_full_scale_only():
    waveform = np.linspace(-0.5, 0.5, 1001).astype(np.float32)
    loud = change_gain(waveform, 20)
    assert loud.min() == -1
    assert loud.max() == 1 - 2.0**-15
    inside = np.abs(waveform) < 0.099
    np.testing.assert_allclose(loud[inside], 10 * waveform[inside], atol=2.0**-15)
    assert np.mean(np.abs(loud) >= 0.999) == pytest.approx(0.8, abs=0.01)


@given(n_samples=st.integers(0, 3 * RATE), seconds=st.floats(0.01, 4))
def test_a_shorter_clip_is_the_middle(n_samples, seconds):
    waveform = np.arange(n_samples, dtype=np.float32)
    clip = middle(waveform, seconds, RATE)
    assert len(clip) == min(n_samples, round(seconds * RATE))
    before = clip[0] if len(clip) else 0
    after = n_samples - len(clip) - before
    assert len(clip) == 0 or after - before in (0, 1)
    np.testing.assert_array_equal(clip, waveform[int(before) : int(before) + len(clip)])

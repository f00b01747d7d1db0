"""The front end of the deployed model equals preparation."""

import numpy as np
import pytest
from keras.ops import convert_to_numpy

from stressid_keras.config import AudioConfig
from stressid_keras.layers import LogMel
from stressid_keras.media.sound.waveform import trim_padding
from stressid_keras.preprocessing import log_mel
from stressid_keras.store.encoding import from_stored, to_stored

pytestmark = pytest.mark.backend

CONFIG = AudioConfig()


def front_end(waveform):
    """Spectrogram and size of one waveform."""
    layer = LogMel(CONFIG.sample_rate, CONFIG.n_fft, CONFIG.hop_length, CONFIG.n_mels, CONFIG.top_db)
    return [convert_to_numpy(values) for values in layer(waveform[None])]


def signals():
    generator = np.random.default_rng(0)
    time = np.arange(20_000) / 16_000
    click = np.zeros(20_000)
    click[9_000] = 1.0
    return {
        "noise": generator.normal(0, 0.1, 20_000),
        "tone at full scale": np.sin(2 * np.pi * 440 * time),
        "-60 dB": generator.normal(0, 0.001, 20_000),
        "fading": generator.normal(0, 0.3, 20_000) * np.exp(-3 * time),
        "click": click + generator.normal(0, 1e-4, 20_000),
    }


@pytest.mark.parametrize("name", signals())
def test_front_end_equals_prepared_log_mel(name):
    waveform = signals()[name].astype("float32")
    found, size = front_end(waveform)
    expected = from_stored(to_stored(log_mel(waveform, CONFIG), "audio"), "audio")
    assert size.tolist() == [list(expected.shape)]
    np.testing.assert_allclose(found[0, :, :, 0], expected, atol=5e-4)


@pytest.mark.parametrize("length", [19_999, 12_288, 12_287, 1_500, 513, 1])
def test_digital_zeros_at_the_end_are_padding(length):
    """A short waveform in a long buffer gives its own spectrogram, and zeros beyond it."""
    waveform = signals()["noise"].astype("float32")[:length]
    own, own_size = front_end(waveform)
    buffer = np.zeros(20_000, "float32")
    buffer[:length] = waveform
    found, size = front_end(buffer)
    frames = int(own_size[0, 0])
    assert frames == length // CONFIG.hop_length + 1
    assert size.tolist() == own_size.tolist()
    np.testing.assert_allclose(found[:, :frames], own, atol=1e-5)
    assert not found[:, frames:].any()


def test_silence_is_one_finite_frame():
    found, size = front_end(np.zeros(5_000, "float32"))
    assert np.isfinite(found).all()
    assert size.tolist() == [[1, CONFIG.n_mels]]


@pytest.mark.parametrize("offset", [0.05, -0.3])
@pytest.mark.parametrize("name", ["noise", "-60 dB", "fading"])
def test_a_constant_offset_leaves_no_trace(name, offset):
    waveform = signals()[name].astype("float32")
    expected, _ = front_end(waveform)
    found, _ = front_end(waveform + np.float32(offset))
    np.testing.assert_allclose(found, expected, atol=5e-4)


@pytest.mark.parametrize("zeros", [0, 5_000])
@pytest.mark.parametrize("length", [12_288, 12_287, 1_500])
def test_an_offset_does_not_hide_padding(length, zeros):
    """Neither a tail of the offset alone, nor one with the zeros of a longer buffer behind it."""
    waveform = signals()["noise"].astype("float32")[:length]
    own, own_size = front_end(waveform)
    buffer = np.zeros(20_000, "float32")
    buffer[: 20_000 - zeros] = 0.05
    buffer[:length] += waveform
    found, size = front_end(buffer)
    assert size.tolist() == own_size.tolist()
    assert len(trim_padding(buffer)) == length
    frames = int(size[0, 0])
    np.testing.assert_allclose(found[:, :frames], own, atol=5e-4)
    assert not found[:, frames:].any()


def test_a_constant_is_one_finite_frame():
    found, size = front_end(np.full(5_000, 0.05, "float32"))
    assert np.isfinite(found).all()
    assert size.tolist() == [[1, CONFIG.n_mels]]

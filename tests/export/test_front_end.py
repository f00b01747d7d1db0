"""The exported front end equals the one that training saw, whatever the sound."""

import keras
import numpy as np
import pytest

from stressid_keras.config import AudioConfig
from stressid_keras.export.convert import to_tflite
from stressid_keras.export.operators import operators
from stressid_keras.export.quantise import to_float16
from stressid_keras.layers import LogMel
from stressid_keras.media.sound.waveform import trim_padding
from stressid_keras.preprocessing import log_mel
from stressid_keras.runtime.interpreter import LiteRTModel

AUDIO = AudioConfig()
SAMPLES = 32_000


@pytest.fixture(scope="module", params=["float32", "fp16"])
def front_end(request):
    """As in the float32 file; and with float16 weights, as in the fp16 and the int8 file."""
    waveform = keras.Input((SAMPLES,), batch_size=1, name="waveform")
    layer = LogMel(
        AUDIO.sample_rate, AUDIO.n_fft, AUDIO.hop_length, AUDIO.n_mels, AUDIO.top_db, name="log_mel"
    )
    image, size = layer(waveform)
    size = keras.ops.cast(size, "float32")  # an exported file gives no integers
    content = to_tflite(keras.Model(waveform, {"image": image, "size": size}, name="front_end"))
    assert operators(content)["RFFT2D"] == 1
    return LiteRTModel(content if request.param == "float32" else to_float16(content))


def click():
    waveform = np.zeros(SAMPLES)
    waveform[9_000] = 1.0
    waveform[-1] = 1e-4  # so that the window does not end in zeros
    return waveform


SOUNDS = {
    "noise": lambda: np.random.default_rng(0).normal(0, 0.1, SAMPLES),
    "full scale": lambda: np.sin(2 * np.pi * 440 * np.arange(SAMPLES) / 16_000),
    "clipped": lambda: np.clip(np.random.default_rng(1).normal(0, 5, SAMPLES), -1, 1),
    "-60 dB": lambda: np.random.default_rng(2).normal(0, 1e-3, SAMPLES),
    "click": click,
    "with an offset": lambda: 0.05 + np.random.default_rng(4).normal(0, 0.1, SAMPLES),
    "faint, with an offset": lambda: -0.2 + np.random.default_rng(5).normal(0, 1e-3, SAMPLES),
    "a short one with an offset, and some more of the offset": lambda: np.concatenate(
        [
            0.05 + np.random.default_rng(6).normal(0, 0.1, 5_000),
            np.full(9_000, 0.05),
            np.zeros(SAMPLES - 14_000),
        ]
    ),
    "a short one": lambda: np.pad(np.random.default_rng(3).normal(0, 0.1, 5_000), (0, SAMPLES - 5_000)),
}


def assert_equal(front_end, waveform):
    found = front_end(waveform.astype("float32"))
    expected = log_mel(trim_padding(waveform.astype("float32")), AUDIO)
    frames, bands = found["size"].astype(int)
    assert (frames, bands) == expected.shape
    np.testing.assert_allclose(found["image"][:frames, :, 0], expected, atol=1e-3)
    assert not found["image"][frames:].any()


@pytest.mark.parametrize("name", SOUNDS)
def test_equals_preparation(front_end, name):
    assert_equal(front_end, SOUNDS[name]())


@pytest.mark.parametrize("number", range(3))
def test_equals_preparation_on_speech(front_end, speech, number):
    assert_equal(front_end, speech(number))


def test_silence_is_one_frame_as_in_preparation(front_end):
    found = front_end(np.zeros(SAMPLES, "float32"))
    assert found["size"].tolist() == [1, AUDIO.n_mels]
    np.testing.assert_allclose(found["image"][:1, :, 0], log_mel(np.zeros(1, "float32"), AUDIO), atol=1e-3)
    assert not found["image"][1:].any()

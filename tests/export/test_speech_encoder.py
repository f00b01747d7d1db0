"""The pretrained encoder behind its front end becomes a small file of built-in operations that computes the same."""

import keras
import numpy as np
import pytest

from stressid_keras.layers import CentreWaveform, SpeechFrames, SpeechStatistics
from stressid_keras.media.speech import load_weights, speech_statistics
from stressid_keras.models.speech_encoder import set_pretrained
from stressid_keras.runtime.graph import read_graph
from stressid_keras.runtime.interpreter import LiteRTModel

from ..speech_signals import waveforms

SAMPLES = 64_000


@pytest.fixture(scope="module")
def flatbuffer():
    from stressid_keras.export.convert import to_tflite

    waveform = keras.Input((SAMPLES,), batch_size=1, name="waveform")
    frames = SpeechFrames(name="speech_frames")(*CentreWaveform(name="speech_waveform")(waveform))
    encoder = SpeechStatistics(name="speech_statistics")
    model = keras.Model(waveform, {"statistics": encoder(*frames)})
    set_pretrained(encoder)
    return to_tflite(model)


@pytest.fixture(scope="module")
def variants(flatbuffer):
    from stressid_keras.export.quantise import to_dynamic_int8, to_float16

    return {
        "float32": flatbuffer,
        "fp16": to_float16(flatbuffer),
        "int8": to_dynamic_int8(flatbuffer),
    }


# Bytes leave room for a head of 64 and 256 units; differences are of numbers between -1 and 1.
@pytest.mark.parametrize(
    ("variant", "megabytes", "difference"),
    [("float32", 5.6, 1e-5), ("fp16", 2.83, 1e-3), ("int8", 1.6, 3e-2)],
)
def test_every_variant_is_small_and_computes_the_same(variants, variant, megabytes, difference):
    content = variants[variant]
    assert len(content) < megabytes * 1e6
    read_graph(content, variant)
    model = LiteRTModel(content)
    for name in ("speech", "quiet speech", "noise of less than one segment", "silence"):
        signal = waveforms()[name]
        signal = signal - signal.mean(dtype=np.float64).astype("float32")
        window = np.pad(signal, (0, SAMPLES - len(signal)))
        expected = speech_statistics(signal, load_weights())
        if name == "silence":
            expected = speech_statistics(signal[:0], load_weights())  # all of it is padding
        np.testing.assert_allclose(model(window)["statistics"], expected, atol=difference, err_msg=name)

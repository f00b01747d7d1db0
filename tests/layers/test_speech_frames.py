"""Frames of mel power in the graph equal those of NumPy, whatever stands behind the true samples."""

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy

from stressid_keras.layers import SpeechFrames
from stressid_keras.media.speech import speech_frames

from ..speech_signals import batch, waveforms

pytestmark = pytest.mark.backend


@pytest.mark.parametrize(("behind", "extra"), [(0.0, 0), (0.0, 321), (9.0, 80)])
def test_frames_equal_those_of_each_waveform_alone(behind, extra):
    signals = list(waveforms().values())
    found, size = map(convert_to_numpy, SpeechFrames()(*batch(signals, behind, extra)))
    for waveform, frames, (count,) in zip(signals, found, size, strict=True):
        expected = speech_frames(waveform)
        assert count == len(expected)
        np.testing.assert_allclose(frames[:count], expected, rtol=1e-4, atol=1e-6 * expected.max())
        assert not frames[count:].any()


@pytest.mark.parametrize(("n_fft", "hop_length"), [(512, 160), (350, 100), (400, 400), (401 * 2, 160)])
def test_any_length_that_is_a_product_gives_the_spectrum(librosa, n_fft, hop_length):
    waveform = waveforms()["speech"][:8_000]
    options = {"n_fft": n_fft, "hop_length": hop_length, "n_mels": 20}
    expected = librosa.feature.melspectrogram(y=waveform, sr=16_000, pad_mode="constant", **options).T
    found, _ = SpeechFrames(level=-100.0, **options)(*batch([waveform]))
    np.testing.assert_allclose(
        convert_to_numpy(found)[0], expected[: found.shape[1]], rtol=1e-4, atol=1e-6 * expected.max()
    )


def test_length_may_differ_from_batch_to_batch():
    waveform, samples = keras.Input((None,)), keras.Input((1,), dtype="int32")
    outputs = SpeechFrames()(waveform, samples)
    assert outputs[0].shape == (None, None, 40)
    model = keras.Model([waveform, samples], outputs)
    for name in ("speech", "less than a frame"):
        found, _ = model.predict(batch([waveforms()[name]]), verbose=0)
        np.testing.assert_allclose(found[0], speech_frames(waveforms()[name]), rtol=1e-4, atol=1e-5)


def test_layer_is_made_again_from_its_configuration():
    layer = SpeechFrames(n_mels=12, level=-20.0)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    signals = batch([waveforms()["speech"]])
    np.testing.assert_array_equal(convert_to_numpy(again(*signals)[0]), convert_to_numpy(layer(*signals)[0]))


@pytest.mark.parametrize("options", [{"n_fft": 401}, {"hop_length": 0}, {"hop_length": 500}])
def test_what_cannot_be_computed_is_refused(options):
    with pytest.raises(ValueError, match="expected"):
        SpeechFrames(**options)


def test_inputs_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"expected \(B, samples\) and \(B, 1\)"):
        SpeechFrames()(np.zeros((2, 100), "float32"), np.zeros(2, "int32"))

"""The pretrained encoder in Keras equals the one in NumPy, and does not depend on its neighbours in a batch."""

import keras
import numpy as np
import pytest

from stressid_keras.media.speech import load_weights, speech_statistics
from stressid_keras.models.speech_encoder import build_speech_encoder

from ..speech_signals import batch, waveforms

pytestmark = pytest.mark.backend


def test_statistics_equal_numpys_in_a_mixed_batch():
    signals = list(waveforms().values())
    waveform, size = batch(signals, behind=3.0, extra=777)
    model = build_speech_encoder()
    found = model.predict({"waveform": waveform, "waveform_size": size}, verbose=0)
    expected = np.stack([speech_statistics(signal, load_weights()) for signal in signals])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_file_is_read_by_the_guarded_reader(tmp_path):
    from stressid_keras.training.keras_file import load_network

    model = build_speech_encoder(16_000)
    model.save(tmp_path / "encoder.keras")
    again = load_network(tmp_path / "encoder.keras")
    for one, other in zip(again.weights, model.weights, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (one, other)))

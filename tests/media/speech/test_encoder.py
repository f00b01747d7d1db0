"""Statistics of the encoder as Keras's own LSTM gives them, segment by segment."""

import keras
import numpy as np
import pytest

from stressid_keras.media.speech import load_weights, speech_frames, speech_statistics

from ...speech_signals import waveforms


@pytest.fixture(scope="module")
def layers():
    """Keras's LSTM layers with the pretrained weights."""
    weights, layers = load_weights(), []
    for number in (1, 2, 3):
        layer = keras.layers.LSTM(256, return_sequences=True)
        layer.build((None, None, 40 if number == 1 else 256))
        names = ("kernel", "recurrent_kernel", "bias")
        layer.set_weights([weights[f"lstm{number}/{name}"] for name in names])
        layers.append(layer)
    return layers


@pytest.mark.parametrize("name", waveforms())
def test_statistics_are_over_all_frames_of_all_segments(layers, name):
    frames = speech_frames(waveforms()[name])
    starts = [s for s in range(0, len(frames), 77) if s + 160 <= len(frames)] or [0]
    x, expected = np.stack([frames[s : s + 160] for s in starts]), []
    for number, layer in enumerate(layers, start=1):
        x = keras.ops.convert_to_numpy(layer(x))
        if number > 1:
            rows = x.reshape(-1, 256).astype(np.float64)
            expected += [rows.mean(axis=0), rows.std(axis=0)]
    found = speech_statistics(waveforms()[name], load_weights())
    assert found.shape == (1024,)
    np.testing.assert_allclose(found, np.concatenate(expected), atol=1e-5)

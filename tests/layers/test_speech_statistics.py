"""Statistics of LSTM layers over segments equal those of Keras's own LSTM, whatever stands behind the true frames."""

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy

from stressid_keras.layers import SpeechStatistics

pytestmark = pytest.mark.backend

OPTIONS = {"units": 6, "layers": 2, "summarised": (1, 2), "segment": 8, "segment_hop": 3}
LENGTHS = (14, 8, 7, 1)


def frames(lengths, behind=0.0):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(len(lengths), max(lengths), 4)).astype("float32")
    for row, length in zip(x, lengths, strict=True):
        row[length:] = behind
    return x, np.array(lengths, "int32")[:, None]


def reference(layer, x):
    """Of one sample (T, C), by Keras's LSTM with the layer's weights."""
    starts = [start for start in range(0, len(x), 3) if start + 8 <= len(x)] or [0]
    y, found = np.stack([x[start : start + 8] for start in starts]), []
    for cell in layer.cells:
        lstm = keras.layers.LSTM(layer.units, return_sequences=True)
        lstm.build(y.shape)
        lstm.set_weights(cell.get_weights())
        y = convert_to_numpy(lstm(y))
        rows = y.reshape(-1, layer.units).astype(np.float64)
        found += [rows.mean(axis=0), rows.std(axis=0)]
    return np.concatenate(found)


@pytest.mark.parametrize("behind", [0.0, 5.0])
def test_statistics_equal_those_of_each_sample_alone(behind):
    layer = SpeechStatistics(**OPTIONS)
    x, size = frames(LENGTHS, behind)
    found = convert_to_numpy(layer(x, size))
    for row, sample, length in zip(found, x, LENGTHS, strict=True):
        np.testing.assert_allclose(row, reference(layer, sample[:length]), atol=1e-5)


def test_length_may_differ_from_batch_to_batch():
    x, size = keras.Input((None, 4)), keras.Input((1,), dtype="int32")
    layer = SpeechStatistics(**OPTIONS)
    outputs = layer(x, size)
    assert outputs.shape == (None, 24)
    model = keras.Model([x, size], outputs)
    for length in (14, 5):
        sample, _ = frames([length])
        found = model.predict([sample, np.array([[length]], "int32")], verbose=0)
        np.testing.assert_allclose(found[0], reference(layer, sample[0]), atol=1e-5)


def test_a_saved_model_gives_the_same(tmp_path):
    x, size = keras.Input((None, 4), name="x"), keras.Input((1,), dtype="int32", name="size")
    model = keras.Model({"x": x, "size": size}, SpeechStatistics(**OPTIONS)(x, size))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    sample, length = frames(LENGTHS)
    inputs = {"x": sample, "size": length}
    np.testing.assert_array_equal(again.predict(inputs, verbose=0), model.predict(inputs, verbose=0))


def test_frozen_layers_stay_and_the_rest_learns():
    x, size = keras.Input((None, 4)), keras.Input((1,), dtype="int32")
    layer = SpeechStatistics(**OPTIONS)
    model = keras.Model([x, size], keras.layers.Dense(1)(layer(x, size)))
    layer.cells[0].trainable = False
    before = [cell.get_weights() for cell in layer.cells]
    model.compile("sgd", "mse")
    history = model.fit([*frames(LENGTHS)], np.ones((len(LENGTHS), 1)), epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    for name, old, cell in zip(("frozen", "learning"), before, layer.cells, strict=True):
        same = [np.array_equal(a, b) for a, b in zip(old, cell.get_weights(), strict=True)]
        assert all(same) if name == "frozen" else not any(same)


@pytest.mark.parametrize("options", [{"summarised": (0, 1)}, {"summarised": ()}, {"segment_hop": 9}])
def test_what_cannot_be_summarised_is_refused(options):
    with pytest.raises(ValueError, match="expected"):
        SpeechStatistics(**OPTIONS | options)


def test_inputs_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"expected \(B, T, C\) and \(B, 1\)"):
        SpeechStatistics(**OPTIONS)(np.zeros((2, 30, 4), "float32"), np.zeros(2, "int32"))

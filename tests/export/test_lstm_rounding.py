"""LSTM weights rounded to eight bits as what the layers hear wants it."""

import numpy as np
import pytest

from stressid_keras.errors import ExportError
from stressid_keras.export.lstm_rounding import rounded, rounded_lstm, with_lstm_weights
from stressid_keras.media.speech import load_weights, speech_statistics


def nearest(weights):
    steps = np.abs(weights).max(axis=0) / 127
    return (np.round(weights / steps) * steps).astype("float32")


def test_rounded_weights_lie_on_the_quantisers_grid():
    generator = np.random.default_rng(0)
    weights = generator.normal(size=(24, 40)).astype("float32")
    found = rounded(weights, generator.normal(size=(500, 24)) + 0.5)
    np.testing.assert_array_equal(np.abs(found).max(axis=0), np.abs(weights).max(axis=0))
    np.testing.assert_allclose(found, nearest(found), atol=1e-6)
    assert 0 < np.abs(found - weights).max() < 0.1


def test_products_change_less_than_by_the_nearest_levels():
    generator = np.random.default_rng(1)
    weights = generator.normal(size=(64, 32)).astype("float32")
    mixed = generator.normal(size=(4, 64))  # few causes: the inputs go together
    train, test = (generator.normal(size=(1000, 4)) @ mixed + 0.3 for _ in range(2))
    errors = {
        "rounded": (test - train.mean(axis=0)) @ (rounded(weights, train) - weights),
        "nearest": test @ (nearest(weights) - weights),
    }
    assert np.linalg.norm(errors["rounded"]) < 0.3 * np.linalg.norm(errors["nearest"])


def test_statistics_of_other_people_change_less(speech):
    """Each layer adds to what the ones below err by."""
    weights, found = dict(load_weights()), rounded_lstm([speech(person, 4.0) for person in range(6)])
    assert set(found) == set(weights) - {"lstm1/kernel"}
    rounds = {
        "found": found,
        "nearest": {name: nearest(weights[name]) for name in found if name.endswith("kernel")},
    }
    others = [speech(person, 4.0) for person in range(10, 16)]
    error = {
        name: np.mean(
            [
                np.linalg.norm(speech_statistics(x, weights | changed) - speech_statistics(x, weights))
                for x in others
            ]
        )
        for name, changed in rounds.items()
    }
    assert error["found"] < 0.5 * error["nearest"]


def test_silence_alone_leaves_finite_weights():
    for values in rounded_lstm([np.zeros(32_000, "float32")]).values():
        assert np.isfinite(values).all()


def test_no_window_and_a_model_without_the_weights_are_sentences(flatbuffer):
    with pytest.raises(ExportError, match="no window to calibrate the int8 variant on"):
        rounded_lstm([])
    with pytest.raises(ExportError, match=r"has lstm2/kernel of the speech encoder 0 times"):
        with_lstm_weights(flatbuffer, {"lstm2/kernel": load_weights()["lstm2/kernel"]})

"""Measures in units of their spread; a missing one says nothing."""

import numpy as np
import pytest
from keras.ops import convert_to_numpy

from stressid_keras.layers import MeasureNormalization

pytestmark = pytest.mark.backend

TRAINING = np.array(
    [[1.0, 5.0, np.nan, 100_000.0], [3.0, 5.0, 2.0, 100_010.0], [np.nan, 5.0, 4.0, 100_020.0]]
)


def normalised(values, training=TRAINING):
    layer = MeasureNormalization()
    layer.build((None, len(values[0])))
    layer.adapt(training)
    return convert_to_numpy(layer(np.asarray(values, "float32")))


def test_training_values_have_mean_0_and_deviation_1_and_missing_ones_are_0():
    expected = [[-1, 0, 0, -1.2247], [1, 0, -1, 0], [0, 0, 1, 1.2247]]
    np.testing.assert_allclose(normalised(TRAINING), expected, atol=2e-3)


def test_nothing_lies_beyond_five_deviations():
    np.testing.assert_allclose(normalised([[1e30, 9.0, -1e30, np.nan]]), [[5, 0, -5, 0]])


def test_measures_that_training_never_had_are_0():
    np.testing.assert_array_equal(normalised([[3.0, np.nan]], np.full((4, 2), np.nan))[:, 1], [0])
    assert np.isfinite(normalised([[3.0, np.nan]], np.full((4, 2), np.nan))).all()

"""Measures in units of their spread over the training part, whatever some of them are missing."""

import keras
import numpy as np
from keras import ops

from stressid_keras.layers.registration import register

LIMIT = 5.0  # standard deviations; rates and ratios of a few beats can be anything


def mean_and_scale(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (n,) of the columns of (rows, n), and one over their standard deviation; NaN is left out.

    The scale of a column that never differs, or has no number, is 0.
    """
    values = np.asarray(values, np.float64)
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0).sum(axis=0) / count
    deviation = np.sqrt(np.where(known, (values - mean) ** 2, 0).sum(axis=0) / count)
    differs = deviation > np.finfo(np.float32).eps * np.abs(mean)
    return mean, np.divide(1, deviation, out=np.zeros_like(deviation), where=differs)


@register
class MeasureNormalization(keras.layers.Layer):
    """Each measure minus its mean over its standard deviation, within ±5; a missing one, NaN, becomes 0, the mean.

    Both are of the training part, see `adapt`; without it, of mean 0 and deviation 1. Computes in float32, for measures
    have units of their own, and half precision ends at 65,504.

    Shapes: (B, n) → (B, n).
    """

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})

    def build(self, input_shape):
        shape = (input_shape[-1],)
        self.mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
        self.scale = self.add_weight(shape, "ones", trainable=False, name="scale")

    def adapt(self, values: np.ndarray) -> None:
        """Take mean and deviation of (rows, n), NaN where one is missing; a measure that never differs becomes 0."""
        mean, scale = mean_and_scale(values)
        self.mean.assign(mean)
        self.scale.assign(scale)

    def call(self, x):
        scaled = ops.clip((x - self.mean) * self.scale, -LIMIT, LIMIT)
        return ops.where(ops.isnan(x), ops.zeros_like(x), scaled)

    def compute_output_shape(self, input_shape):
        return input_shape

"""Batch normalisation that does not see padding."""

import keras
from keras import ops

from stressid_keras.layers.registration import register
from stressid_keras.layers.replicas import sum_over_replicas
from stressid_keras.layers.size_mask import check_axes, size_mask


@register
class MaskedBatchNormalization(keras.layers.Layer):
    """Batch normalisation and ReLU; statistics over true positions only, padding set to zero.

    Zeros outside a sample are what the next "same" convolution would pad with, so the next layer computes the
    same whether the sample was padded or not. Ioffe & Szegedy 2015, with masked moments.

    Args:
        stride: total pooling since the network's input, one int per spatial axis.
        momentum: of the moving statistics.
        epsilon: added to the variance.

    Shapes: x (B, *spatial, C), size (B, d) of the network's input → (B, *spatial, C).
    """

    def __init__(self, stride, momentum=0.9, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.stride = tuple(stride)
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, x_shape, size_shape):
        check_axes(self.stride, x_shape, size_shape)
        channels = x_shape[-1]
        self.gamma = self.add_weight(name="gamma", shape=(channels,), initializer="ones")
        self.beta = self.add_weight(name="beta", shape=(channels,), initializer="zeros")
        self.moving_mean = self.add_weight(
            name="moving_mean", shape=(channels,), initializer="zeros", trainable=False, aggregation="mean"
        )
        self.moving_variance = self.add_weight(
            name="moving_variance", shape=(channels,), initializer="ones", trainable=False, aggregation="mean"
        )
        self.built = True

    def call(self, x, size, training=False):
        mask = size_mask(size, ops.shape(x)[1:-1], self.stride, x.dtype)
        if training and self.trainable:
            mean, variance = self._moments(x, mask)
            self._update(self.moving_mean, mean)
            self._update(self.moving_variance, variance)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        scale = ops.cast(self.gamma, "float32") * ops.rsqrt(ops.cast(variance, "float32") + self.epsilon)
        offset = ops.cast(self.beta, "float32") - ops.cast(mean, "float32") * scale
        return ops.relu(x * ops.cast(scale, x.dtype) + ops.cast(offset, x.dtype)) * mask

    def _moments(self, x, mask):
        x, mask = ops.cast(x, "float32"), ops.cast(mask, "float32")  # float16 sums overflow
        axes = list(range(len(x.shape) - 1))
        count = ops.maximum(sum_over_replicas(ops.sum(mask)), 1.0)
        mean = sum_over_replicas(ops.sum(x * mask, axis=axes)) / count
        # The deviations from a mean sum to zero, so the variance has no gradient through the mean.
        squares = ops.square(x - ops.stop_gradient(mean)) * mask
        variance = sum_over_replicas(ops.sum(squares, axis=axes)) / count
        return mean, variance

    def _update(self, moving, value):
        value = ops.cast(ops.stop_gradient(value), moving.dtype)
        moving.assign(moving * self.momentum + value * (1.0 - self.momentum))

    def compute_output_shape(self, x_shape, size_shape):
        return x_shape

    def get_config(self):
        return {
            **super().get_config(),
            "stride": self.stride,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }

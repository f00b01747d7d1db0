"""Mean and maximum over a sample's own positions."""

import keras
from keras import ops

from stressid_keras.layers.registration import register
from stressid_keras.layers.size_mask import check_axes, size_mask


@register
class MaskedGlobalPooling(keras.layers.Layer):
    """Mean and maximum of each channel over the true positions of a sample.

    The mean tells how much of a texture there is, the maximum whether a small detail occurs at all: a mouth is a
    hundredth of a frame, and its trace in a mean is as small. Expects what `MaskedBatchNormalization`
    leaves: no value below zero, and zeros in the padding.

    Args:
        stride: total pooling since the network's input, one int per spatial axis.

    Shapes: x (B, *spatial, C), size (B, d) of the network's input → (B, 2 C).
    """

    def __init__(self, stride, **kwargs):
        super().__init__(**kwargs)
        self.stride = tuple(stride)

    def build(self, x_shape, size_shape):
        check_axes(self.stride, x_shape, size_shape)
        self.built = True

    def call(self, x, size):
        axes = list(range(1, len(x.shape) - 1))
        mask = size_mask(size, ops.shape(x)[1:-1], self.stride, "float32")
        count = ops.maximum(ops.sum(mask, axis=axes), 1.0)
        total = ops.sum(ops.cast(x, "float32"), axis=axes)  # float16 sums over a minute of frames overflow
        mean = ops.cast(total / count, x.dtype)
        return ops.concatenate([mean, ops.max(x, axis=axes)], axis=-1)

    def compute_output_shape(self, x_shape, size_shape):
        return (x_shape[0], 2 * x_shape[-1])

    def get_config(self):
        return {**super().get_config(), "stride": self.stride}

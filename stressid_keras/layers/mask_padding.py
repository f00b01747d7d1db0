"""Zeros where a padded batch holds no data."""

import keras
from keras import ops

from stressid_keras.layers.registration import register
from stressid_keras.layers.size_mask import check_axes, size_mask


@register
class MaskPadding(keras.layers.Layer):
    """Sets to zero what lies beyond the true sizes: what is left of `MaskedBatchNormalization` once its statistics are
    folded into the convolution before it.

    Args:
        stride: total pooling since the network's input, one int per spatial axis.

    Shapes: x (B, *spatial, C), size (B, d) of the network's input → (B, *spatial, C).
    """

    def __init__(self, stride, **kwargs):
        super().__init__(**kwargs)
        self.stride = tuple(stride)

    def build(self, x_shape, size_shape):
        check_axes(self.stride, x_shape, size_shape)
        self.built = True

    def call(self, x, size):
        return x * size_mask(size, ops.shape(x)[1:-1], self.stride, x.dtype)

    def compute_output_shape(self, x_shape, size_shape):
        return x_shape

    def get_config(self):
        return {**super().get_config(), "stride": self.stride}

"""Mean and standard deviation over a sample's own time, of each band."""

import keras
from keras import ops

from stressid_keras.layers.registration import register
from stressid_keras.layers.size_mask import check_axes, size_mask


@register
class TimeStatistics(keras.layers.Layer):
    """Mean and standard deviation of each band and channel over the true time of a sample.

    Statistics pooling (Snyder et al., "X-vectors", ICASSP 2018) of a picture of time and bands: how a band of a voice
    moves is told apart from how strong it is, and from what other bands do. Expects what `MaskedBatchNormalization`
    leaves: zeros in the padding.

    Args:
        stride: total pooling since the network's input, of time and of bands.
        epsilon: added to the variance, whose root has no slope at zero.

    Shapes: x (B, T, F, C), size (B, 2) of the network's input → (B, 1, F, 2 C), means before deviations.
    """

    def __init__(self, stride, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.stride = tuple(stride)
        self.epsilon = epsilon

    def build(self, x_shape, size_shape):
        check_axes(self.stride, x_shape, size_shape)
        self.built = True

    def call(self, x, size):
        dtype = x.dtype
        x = ops.cast(x, "float32")  # float16 sums over a minute of frames overflow
        mask = size_mask(size[:, :1], ops.shape(x)[1:2], self.stride[:1], "float32")
        mask = ops.expand_dims(mask, -1)
        count = ops.maximum(ops.sum(mask, axis=1, keepdims=True), 1.0)
        mean = ops.sum(x, axis=1, keepdims=True) / count
        variance = ops.sum(ops.square(x - mean) * mask, axis=1, keepdims=True) / count
        deviation = ops.sqrt(variance + self.epsilon)
        return ops.cast(ops.concatenate([mean, deviation], axis=-1), dtype)

    def compute_output_shape(self, x_shape, size_shape):
        return (x_shape[0], 1, x_shape[2], 2 * x_shape[3])

    def get_config(self):
        return {**super().get_config(), "stride": self.stride, "epsilon": self.epsilon}

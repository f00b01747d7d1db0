"""3-D convolution and pooling through their fast 2-D kin, frame by frame."""

import math

import keras
from keras import ops

from stressid_keras.layers.registration import register


@register
class StackedFramesConv3D(keras.layers.Layer):
    """A t × k × k convolution ("same", no bias) with t of 1 or 3, computed as one 2-D convolution.

    Each frame's channels are stacked with those of its two neighbours; a 2-D convolution over the stack is exactly
    the 3-D convolution (the test checks it against `keras.layers.Conv3D`). On a CPU TensorFlow's own Conv3D is
    several times slower, forward and backward.

    Args:
        filters: number of output channels.
        kernel_size: k, in pixels.
        frames: t.

    Shapes: (B, T, H, W, C) → (B, T, H, W, filters).
    """

    def __init__(self, filters, kernel_size=3, frames=3, **kwargs):
        super().__init__(**kwargs)
        if frames not in (1, 3):
            raise ValueError(f"frames is {frames}; expected 1 or 3.")
        self.filters = filters
        self.kernel_size = kernel_size
        self.frames = frames

    def build(self, input_shape):
        k = self.kernel_size
        # Laid out (height, width, time, in, out): merging time and in gives the 2-D kernel without a transpose.
        self.kernel = self.add_weight(
            name="kernel",
            shape=(k, k, self.frames, input_shape[-1], self.filters),
            initializer="he_normal",
        )
        self.built = True

    def call(self, x):
        frames, height, width, channels = ops.shape(x)[1:]
        stacked = x
        if self.frames == 3:
            stacked = ops.concatenate([_delayed(x), x, _advanced(x)], axis=-1)
        stacked = ops.reshape(stacked, (-1, height, width, self.frames * channels))
        k = self.kernel_size
        kernel = ops.reshape(self.kernel, (k, k, self.frames * channels, self.filters))
        y = ops.conv(stacked, ops.cast(kernel, x.dtype), padding="same")
        return ops.reshape(y, (-1, frames, height, width, self.filters))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "frames": self.frames,
        }


def _delayed(x):
    """Each frame in the place of the next one, zeros in the first."""
    return _shifted(x, first=0, padding=(1, 0))


def _advanced(x):
    """Each frame in the place of the one before, zeros in the last."""
    return _shifted(x, first=1, padding=(0, 1))


def _shifted(x, first, padding):
    """All frames but one, on three axes and by `ops.slice`.

    The gradient of indexing is an assignment to a strided slice, which TensorFlow does ten times slower on five axes.
    """
    batch, frames, *rest = ops.shape(x)
    size = math.prod(rest)
    kept = ops.slice(ops.reshape(x, (-1, frames, size)), (0, first, 0), (batch, frames - 1, size))
    return ops.reshape(ops.pad(kept, [(0, 0), padding, (0, 0)]), (-1, frames, *rest))


@register
class FramewiseMaxPool3D(keras.layers.Layer):
    """3-D max pooling without overlap: 2-D pooling of every frame, then of groups of frames.

    Args:
        pool_size: (frames, height, width); the input's axes must be multiples of it.

    Shapes: (B, T, H, W, C) → (B, T / t, H / h, W / w, C).
    """

    def __init__(self, pool_size, **kwargs):
        super().__init__(**kwargs)
        self.pool_size = tuple(pool_size)

    def call(self, x):
        frames, height, width, channels = ops.shape(x)[1:]
        t, h, w = self.pool_size
        # Strides are given because Keras on JAX misreads a tuple without them.
        y = ops.max_pool(ops.reshape(x, (-1, height, width, channels)), (h, w), strides=(h, w))
        height, width = height // h, width // w
        if t > 1:
            y = ops.reshape(y, (-1, frames, height * width, channels))
            y = ops.max_pool(y, (t, 1), strides=(t, 1))
        return ops.reshape(y, (-1, frames // t, height, width, channels))

    def compute_output_shape(self, input_shape):
        spatial = [
            None if length is None else length // pool
            for length, pool in zip(input_shape[1:-1], self.pool_size, strict=True)
        ]
        return (input_shape[0], *spatial, input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "pool_size": self.pool_size}

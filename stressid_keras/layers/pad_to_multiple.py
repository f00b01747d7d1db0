"""Zero padding at the end of each spatial axis, up to a multiple of the network's total pooling."""

import keras
from keras import ops

from stressid_keras.layers.registration import register


@register
class PadToMultiple(keras.layers.Layer):
    """Pad every spatial axis at its end to a multiple.

    Pooling windows then never straddle the end of the tensor, so whether a sample came alone or padded to the
    largest of its batch, each window that touches the sample holds the same values.

    Args:
        multiples: one int per spatial axis.

    Shapes: (B, *spatial, C) → (B, *padded, C).
    """

    def __init__(self, multiples, **kwargs):
        super().__init__(**kwargs)
        self.multiples = tuple(multiples)

    def call(self, x):
        shape = ops.shape(x)
        ends = [(-shape[axis + 1]) % multiple for axis, multiple in enumerate(self.multiples)]
        return ops.pad(x, [(0, 0), *((0, end) for end in ends), (0, 0)])

    def compute_output_shape(self, input_shape):
        spatial = [
            None if length is None else length + (-length) % multiple
            for length, multiple in zip(input_shape[1:-1], self.multiples, strict=True)
        ]
        return (input_shape[0], *spatial, input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "multiples": self.multiples}

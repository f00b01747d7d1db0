"""A waveform without its offset and its padding, and how long it is: what preparation does first."""

import keras
from keras import ops

from stressid_keras.layers.hops import cut_hops, true_length, without_offset
from stressid_keras.layers.registration import register

PIECE = 160  # samples; places are counted in pieces and within them


@register
class CentreWaveform(keras.layers.Layer):
    """The waveform minus the mean of its true samples, zero beyond them, and their number.

    What counts as padding is what `media.sound.waveform.trim_padding` drops: digital zeros at the end, and samples
    before them that do not change.

    Shapes: (B, samples) → (B, samples) and true samples int32 (B, 1).
    """

    def call(self, waveform):
        hops = cut_hops(waveform, PIECE)
        length = true_length(hops)
        centred = ops.reshape(without_offset(hops, length), (-1, hops.shape[1] * PIECE))
        return centred[:, : waveform.shape[1]], ops.cast(length, "int32")

    def compute_output_shape(self, input_shape):
        return input_shape, (input_shape[0], 1)

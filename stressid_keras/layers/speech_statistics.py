"""A stack of LSTM layers over segments of frames, and statistics of what they give."""

import keras
from keras import ops

from stressid_keras.layers.registration import register
from stressid_keras.media.speech.settings import LAYERS, SEGMENT, SEGMENT_HOP, SUMMARISED, UNITS

SMALLEST_VARIANCE = 1e-12  # so that the standard deviation of a single frame has a gradient


@register
class SpeechStatistics(keras.layers.Layer):
    """Mean and standard deviation over true frames of the outputs of LSTM layers, as `media.speech.speech_statistics`.

    Segments begin every `segment_hop` frames, each from a state of zeros, as long as they end within the true frames; a
    sample that is shorter than a segment is one segment of its own length. Frames in two segments count twice.

    All layers advance together, frame by frame, over all segments at once, and moments are updated on the way (Welford,
    "Note on a method for calculating corrected sums of squares and products", 1962): no layer's outputs are kept, and
    the exported file has one loop of built-in operations without variables.

    Args:
        units: of each layer.
        layers: number of them; each is a `keras.layers.LSTMCell`, in `cells`, that can be frozen by itself.
        summarised: layers whose outputs are summarised, counted from 1, in order.
        segment: frames.
        segment_hop: frames from one segment to the next.

    Shapes: frames (B, T, C), true frames int (B, 1) → (B, 2 · units · len(summarised)): of each layer the mean, then
    the standard deviation.
    """

    def __init__(
        self,
        units=UNITS,
        layers=LAYERS,
        summarised=SUMMARISED,
        segment=SEGMENT,
        segment_hop=SEGMENT_HOP,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})  # so do sums over a minute of frames
        if not summarised or not set(summarised) <= set(range(1, layers + 1)):
            raise ValueError(f"summarised is {tuple(summarised)}; expected layers from 1 to {layers}.")
        if not 0 < segment_hop <= segment:
            raise ValueError(f"segment_hop is {segment_hop}; expected from 1 to the segment, {segment}.")
        self.units = units
        self.layers = layers
        self.summarised = tuple(summarised)
        self.segment = segment
        self.segment_hop = segment_hop
        self.cells = [
            keras.layers.LSTMCell(units, dtype=self.dtype_policy, name=f"lstm{number}")
            for number in range(1, layers + 1)
        ]

    def build(self, frames_shape, size_shape):
        if len(frames_shape) != 3 or tuple(size_shape[1:]) != (1,):
            raise ValueError(
                f"frames and true frames have the shapes {tuple(frames_shape)} and {tuple(size_shape)}; expected "
                "(B, T, C) and (B, 1)."
            )
        for number, cell in enumerate(self.cells):
            cell.build((None, self.units if number else frames_shape[-1]))
        self.built = True

    def call(self, frames, size):
        segments, counts = self._segments(frames, ops.cast(size, "int32"))
        moments = self._moments(segments, ops.reshape(counts, (-1, 1)))
        segment_count = ops.shape(counts)[1]
        counts = ops.expand_dims(ops.cast(counts, self.compute_dtype), 2)
        total = ops.sum(counts, axis=1, keepdims=True)
        found = []
        for moment in moments:
            mean, squares = (ops.reshape(x, (-1, segment_count, self.units)) for x in moment)
            whole = ops.sum(counts * mean, axis=1, keepdims=True) / total
            squares = ops.sum(squares + counts * ops.square(mean - whole), axis=1, keepdims=True) / total
            found += [whole, ops.sqrt(squares + SMALLEST_VARIANCE)]
        return ops.squeeze(ops.concatenate(found, axis=-1), 1)

    def _segments(self, frames, size):
        """The segments (segment, B · S, C), frame by frame, and the number of true frames in each (B, S), which is that
        of a segment, or 0 if it is not within the sample."""
        length = ops.shape(frames)[1]
        whole = max(length, self.segment) if isinstance(length, int) else ops.maximum(length, self.segment)
        frames = ops.pad(frames, [(0, 0), (0, whole - length), (0, 0)])
        starts = self.segment_hop * ops.arange((whole - self.segment) // self.segment_hop + 1, dtype="int32")
        places = ops.arange(self.segment, dtype="int32")[:, None] + starts
        segments = ops.transpose(ops.take(frames, places, axis=1), (1, 0, 2, 3))
        short = ops.where(ops.equal(starts, 0), ops.maximum(size, 1), 0)
        counts = ops.where(starts + self.segment <= size, self.segment, short)
        return ops.reshape(segments, (self.segment, -1, frames.shape[-1])), counts

    def _moments(self, segments, counts):
        """Of each summarised layer, mean and sum of squared deviations (B · S, units) over `counts` frames."""
        zeros = ops.zeros((ops.shape(segments)[1], self.units), dtype=self.compute_dtype)

        def step(frame, carried):
            states, moments = carried
            is_true = ops.cast(frame < counts, self.compute_dtype)
            number = ops.cast(frame + 1, self.compute_dtype)
            x, new_states, outputs = ops.take(segments, frame, axis=0), [], []
            for cell, state in zip(self.cells, states, strict=True):
                x, state = cell(x, state)
                new_states.append(tuple(state))
                outputs.append(x)
            new_moments = []
            for layer, (mean, squares) in zip(self.summarised, moments, strict=True):
                deviation = (outputs[layer - 1] - mean) * is_true
                mean = mean + deviation / number
                new_moments.append((mean, squares + deviation * (outputs[layer - 1] - mean)))
            return tuple(new_states), tuple(new_moments)

        start = ((zeros, zeros),) * self.layers, ((zeros, zeros),) * len(self.summarised)
        return ops.fori_loop(0, self.segment, step, start)[1]

    def compute_output_shape(self, frames_shape, size_shape):
        return (frames_shape[0], 2 * self.units * len(self.summarised))

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "layers": self.layers,
            "summarised": self.summarised,
            "segment": self.segment,
            "segment_hop": self.segment_hop,
        }

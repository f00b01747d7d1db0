"""A waveform in pieces of a hop: its true length, and the waveform without its offset.

Places are counted in hops and within them, as float32, which is exact: a constant with a number for every sample would
make the exported file five times as large.
"""

from keras import ops

from stressid_keras.media.sound.waveform import CONSTANT_PADDING


def cut_hops(waveform, hop_length):
    """(B, samples) → (B, hops, hop_length), zeros behind."""
    hop_count = -(-waveform.shape[1] // hop_length)
    after = hop_count * hop_length - waveform.shape[1]
    return ops.reshape(ops.pad(waveform, [(0, 0), (0, after)]), (-1, hop_count, hop_length))


def true_length(hops):
    """Samples (B, 1) float32 before the padding, as `media.sound.waveform.trim_padding` finds it."""
    hop_count, hop_length = hops.shape[1:]
    starts, numbers = hop_starts(hop_count, hop_length), _numbers(hop_length)

    def last(condition):
        """One more than the last place where it holds; 0 if there is none."""
        inner = ops.max(ops.cast(condition, "float32") * numbers, axis=2)
        return ops.max(ops.where(inner > 0.0, starts + inner, 0.0), axis=1, keepdims=True)

    end = last(ops.not_equal(hops, 0.0))
    is_final = ops.cast(ops.equal(numbers, ops.expand_dims(end - starts, 2)), "float32")
    final = ops.sum(hops * is_final, axis=(1, 2), keepdims=True)
    before = last(ops.logical_and(ops.not_equal(hops, final), _inside(hops, end)))
    return ops.where(end - before > CONSTANT_PADDING - 0.5, before, end)


def without_offset(hops, length):
    """The hops minus the mean of their true samples, zero beyond them.

    Sums in two stages, and of what the first mean left again: float32 would keep a ten-thousandth of the offset.
    """
    inside = ops.cast(_inside(hops, length), "float32")
    count = ops.maximum(length, 1.0)
    for _ in range(2):
        mean = ops.sum(ops.sum(hops * inside, axis=2), axis=1, keepdims=True) / count
        hops = hops - ops.expand_dims(mean, 2)
    return hops * inside


def hop_starts(count, hop_length):
    """Place of the first sample of each hop, which is where a frame has its centre, (1, count)."""
    return ops.arange(count, dtype="float32")[None] * hop_length


def _inside(hops, length):
    hop_count, hop_length = hops.shape[1:]
    starts = hop_starts(hop_count, hop_length)
    return ops.less_equal(_numbers(hop_length), ops.expand_dims(length - starts, 2))


def _numbers(hop_length):
    """Of the samples in a hop, from 1, (1, 1, hop_length): one constant for all uses keeps the file small."""
    return ops.arange(1, hop_length + 1, dtype="float32")[None, None]

"""What the film backbones have in common: how much they pool, and the feature behind the last block."""

from collections.abc import Sequence

from keras import layers

from stressid_keras.layers import MaskedGlobalPooling, PadToMultiple

POOLS = ((1, 2, 2), (2, 2, 2), (2, 2, 2))  # of the original; a fourth block and on pool space alone
UNPOOLED = (1, 1, 1)


def pools_of(filters: Sequence[int]) -> list[tuple[int, int, int]]:
    """Pooling of each block in time, height and width."""
    return [POOLS[i] if i < len(POOLS) else (1, 2, 2) for i in range(len(filters))]


def strides_of(filters: Sequence[int]) -> list[tuple[int, int, int]]:
    """Total pooling up to the end of each block."""
    strides, current = [], UNPOOLED
    for pool in pools_of(filters):
        current = tuple(c * p for c, p in zip(current, pool, strict=True))
        strides.append(current)
    return strides


def padded(x, filters: Sequence[int], name: str):
    """The clip, enlarged so that every block can pool it."""
    return PadToMultiple(strides_of(filters)[-1], name=f"{name}_pad")(x)


def feature(x, size, filters: Sequence[int], feature_size: int, name: str):
    """(B, feature_size), linear, of what the last block gives."""
    x = MaskedGlobalPooling(strides_of(filters)[-1], name=f"{name}_pooled")(x, size)
    return layers.Dense(feature_size, name=name)(x)

"""Encoders: one modality and its true sizes in, a feature vector out, whatever the padding."""

import keras
from keras import layers

from stressid_keras.layers import (
    FramewiseMaxPool3D,
    MaskedBatchNormalization,
    MaskedGlobalPooling,
    PadToMultiple,
    StackedFramesConv3D,
)

VIDEO_POOLS = ((1, 2, 2), (2, 2, 2), (2, 2, 2))  # of the original; a fourth block and on pool space alone


def image_encoder(x, size, *, filters, feature_size, name):
    """2-D CNN for a log-mel spectrogram or a Gramian angular field.

    Blocks of convolution, pooling, normalisation and ReLU, in this order: normalising after the pooling touches a
    quarter of the values, which trains 1.6 to 1.8 times faster than before it.

    Args:
        x: (B, H, W, C), zero beyond the true sizes.
        size: int (B, 2).
        filters: channels of each block; every block halves both axes.
        feature_size: length of the feature vector.
        name: prefix of the layers' names, and the name of the feature.

    Returns:
        (B, feature_size), linear.
    """
    x = PadToMultiple((2 ** len(filters),) * 2, name=f"{name}_pad")(x)
    for index, channels in enumerate(filters, start=1):
        x = layers.Conv2D(
            channels,
            3,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_conv{index}",
        )(x)
        x = layers.MaxPooling2D(2, name=f"{name}_pool{index}")(x)
        x = MaskedBatchNormalization((2**index,) * 2, name=f"{name}_norm{index}")(x, size)
    x = MaskedGlobalPooling((2 ** len(filters),) * 2, name=f"{name}_pooled")(x, size)
    return layers.Dense(feature_size, name=name)(x)


def video_encoder(x, size, *, filters, feature_size, name):
    """3-D CNN for a clip of frames.

    Args:
        x: (B, T, H, W, 3), zero beyond the true sizes.
        size: int (B, 3).
        filters, feature_size, name: as in `image_encoder`.

    Returns:
        (B, feature_size), linear.
    """
    pools = [VIDEO_POOLS[i] if i < len(VIDEO_POOLS) else (1, 2, 2) for i in range(len(filters))]
    strides = _cumulative(pools)
    x = PadToMultiple(strides[-1], name=f"{name}_pad")(x)
    for index, (channels, pool, stride) in enumerate(zip(filters, pools, strides, strict=True), start=1):
        x = StackedFramesConv3D(channels, name=f"{name}_conv{index}")(x)
        x = FramewiseMaxPool3D(pool, name=f"{name}_pool{index}")(x)
        x = MaskedBatchNormalization(stride, name=f"{name}_norm{index}")(x, size)
    x = MaskedGlobalPooling(strides[-1], name=f"{name}_pooled")(x, size)
    return layers.Dense(feature_size, name=name)(x)


def size_input(modality, rank):
    return keras.Input((rank,), dtype="int32", name=f"{modality}_size")


def _cumulative(pools):
    strides, current = [], (1,) * len(pools[0])
    for pool in pools:
        current = tuple(c * p for c, p in zip(current, pool, strict=True))
        strides.append(current)
    return strides

"""The 2-D CNN, with the statistics of each band over time in place of one mean and maximum over all."""

import math

from keras import initializers, layers

from stressid_keras.config import IMAGE_BACKBONES
from stressid_keras.errors import StressIDError
from stressid_keras.layers import TimeStatistics
from stressid_keras.models.backbones.backbone import register_backbone
from stressid_keras.models.backbones.image_parts import (
    convolution,
    padded,
    plain_blocks,
    pooled_and_normalised,
)


@register_backbone(
    IMAGE_BACKBONES,
    "statistics",
    "2-D CNN with statistics pooling",
    "Snyder et al., “X-Vectors: Robust DNN Embeddings for Speaker Recognition”, ICASSP 2018",
    plain_blocks,
)
def statistics(x, size, *, filters, feature_size, name):
    """Mean and standard deviation over time, of each channel in each band, then for each of the two and each channel a
    weighted sum over the bands, whose weights are learnt.

    Raises:
        StressIDError: the number of bands is open, as that of a Gramian angular field is.
    """
    if x.shape[2] is None:
        raise StressIDError(
            "backbone 'statistics' was asked for pictures of any height; expected a log-mel, whose bands are as many "
            "in every recording."
        )
    x = padded(x, filters, name)
    for number, (channels, block) in enumerate(
        zip(filters, plain_blocks(name, filters), strict=True), start=1
    ):
        x = convolution(channels, block.convolution)(x)
        x = pooled_and_normalised(x, size, block, number)
    x = TimeStatistics((2 ** len(filters),) * 2, name=f"{name}_statistics")(x, size)
    bands = x.shape[2]
    x = layers.DepthwiseConv2D(
        (1, bands),
        use_bias=False,
        # Keras's own would take all channels for inputs of each, and begin with next to nothing.
        depthwise_initializer=initializers.TruncatedNormal(stddev=math.sqrt(2 / bands)),
        name=f"{name}_bands",
    )(x)
    x = layers.Flatten(name=f"{name}_pooled")(x)
    return layers.Dense(feature_size, name=name)(x)

"""A tenth of the weights of the 2-D CNN's convolutions, for phones."""

import dataclasses

from keras import layers

from stressid_keras.config import IMAGE_BACKBONES
from stressid_keras.models.backbones.backbone import register_backbone
from stressid_keras.models.backbones.image_parts import (
    convolution,
    feature,
    padded,
    plain_blocks,
    pooled_and_normalised,
)


def separable_blocks(name, filters):
    """Every block but the first, for of one channel there is nothing to separate, with a convolution in space."""
    first, *others = plain_blocks(name, filters)
    return [
        first,
        *(
            dataclasses.replace(block, before=(f"{name}_depthwise{number}",))
            for number, block in enumerate(others, start=2)
        ),
    ]


@register_backbone(
    IMAGE_BACKBONES,
    "separable",
    "2-D CNN of depthwise separable convolutions",
    "Howard et al., “MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications”, 2017",
    separable_blocks,
)
def separable(x, size, *, filters, feature_size, name):
    """Each convolution but the first is one in space for every channel and then one over channels, with nothing
    between the two, which Chollet, "Xception", CVPR 2017, found to train best."""
    x = padded(x, filters, name)
    blocks = separable_blocks(name, filters)
    for number, (channels, block) in enumerate(zip(filters, blocks, strict=True), start=1):
        for in_space in block.before:
            x = layers.DepthwiseConv2D(
                3, padding="same", use_bias=False, depthwise_initializer="he_normal", name=in_space
            )(x)
        x = convolution(channels, block.convolution, kernel_size=1 if block.before else 3)(x)
        x = pooled_and_normalised(x, size, block, number)
    return feature(x, size, filters, feature_size, name)

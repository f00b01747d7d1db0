"""The specification's 2-D CNN."""

from stressid_keras.config import IMAGE_BACKBONES
from stressid_keras.models.backbones.backbone import register_backbone
from stressid_keras.models.backbones.image_parts import (
    convolution,
    feature,
    padded,
    plain_blocks,
    pooled_and_normalised,
)


@register_backbone(IMAGE_BACKBONES, "cnn", "2-D CNN", blocks=plain_blocks)
def cnn(x, size, *, filters, feature_size, name):
    x = padded(x, filters, name)
    for number, (channels, block) in enumerate(
        zip(filters, plain_blocks(name, filters), strict=True), start=1
    ):
        x = convolution(channels, block.convolution)(x)
        x = pooled_and_normalised(x, size, block, number)
    return feature(x, size, filters, feature_size, name)

"""Three times as deep as the 2-D CNN."""

from keras import layers

from stressid_keras.config import IMAGE_BACKBONES
from stressid_keras.layers import MaskedBatchNormalization
from stressid_keras.models.backbones.backbone import register_backbone
from stressid_keras.models.backbones.image_parts import (
    convolution,
    feature,
    padded,
    plain_blocks,
    pooled_and_normalised,
)


@register_backbone(
    IMAGE_BACKBONES,
    "residual",
    "2-D residual CNN",
    "He et al., “Deep Residual Learning for Image Recognition”, CVPR 2016",
    plain_blocks,
)
def residual(x, size, *, filters, feature_size, name):
    """Each block ends with a residual unit of two more convolutions."""
    x = padded(x, filters, name)
    for number, (channels, block) in enumerate(
        zip(filters, plain_blocks(name, filters), strict=True), start=1
    ):
        x = convolution(channels, block.convolution)(x)
        x = pooled_and_normalised(x, size, block, number)
        unit, stride = f"{name}_residual{number}", (2**number,) * 2
        y = convolution(channels, f"{unit}_conv1")(x)
        y = MaskedBatchNormalization(stride, name=f"{unit}_norm1")(y, size)
        y = convolution(channels, f"{unit}_conv2")(y)
        x = layers.Add(name=f"{unit}_add")([x, y])
        x = MaskedBatchNormalization(stride, name=f"{unit}_norm2")(x, size)
    return feature(x, size, filters, feature_size, name)

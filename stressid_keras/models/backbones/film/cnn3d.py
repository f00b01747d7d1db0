"""The specification's 3-D CNN."""

from stressid_keras.config import FILM_BACKBONES
from stressid_keras.layers import FramewiseMaxPool3D, MaskedBatchNormalization, StackedFramesConv3D
from stressid_keras.models.backbones.backbone import register_backbone
from stressid_keras.models.backbones.film_parts import feature, padded, pools_of, strides_of


@register_backbone(FILM_BACKBONES, "cnn3d", "3-D CNN")
def cnn3d(x, size, *, filters, feature_size, name):
    x = padded(x, filters, name)
    plan = zip(filters, pools_of(filters), strides_of(filters), strict=True)
    for number, (channels, pool, stride) in enumerate(plan, start=1):
        x = StackedFramesConv3D(channels, name=f"{name}_conv{number}")(x)
        x = FramewiseMaxPool3D(pool, name=f"{name}_pool{number}")(x)
        x = MaskedBatchNormalization(stride, name=f"{name}_norm{number}")(x, size)
    return feature(x, size, filters, feature_size, name)

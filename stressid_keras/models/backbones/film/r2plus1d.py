"""The 3-D CNN with space and time apart."""

from stressid_keras.config import FILM_BACKBONES
from stressid_keras.layers import FramewiseMaxPool3D, MaskedBatchNormalization, StackedFramesConv3D
from stressid_keras.models.backbones.backbone import register_backbone
from stressid_keras.models.backbones.film_parts import UNPOOLED, feature, padded, pools_of, strides_of


@register_backbone(
    FILM_BACKBONES,
    "r2plus1d",
    "CNN of (2+1)-D convolutions",
    "Tran et al., “A Closer Look at Spatiotemporal Convolutions for Action Recognition”, CVPR 2018",
)
def r2plus1d(x, size, *, filters, feature_size, name):
    """Each convolution is one in space and then one in time, with as many weights together."""
    x = padded(x, filters, name)
    before = UNPOOLED
    plan = zip(filters, pools_of(filters), strides_of(filters), strict=True)
    for number, (channels, pool, stride) in enumerate(plan, start=1):
        between = _between(x.shape[-1], channels)
        x = StackedFramesConv3D(between, 3, frames=1, name=f"{name}_space{number}")(x)
        x = MaskedBatchNormalization(before, name=f"{name}_space{number}_norm")(x, size)
        x = StackedFramesConv3D(channels, 1, frames=3, name=f"{name}_time{number}")(x)
        x = FramewiseMaxPool3D(pool, name=f"{name}_pool{number}")(x)
        x = MaskedBatchNormalization(stride, name=f"{name}_norm{number}")(x, size)
        before = stride
    return feature(x, size, filters, feature_size, name)


def _between(channels_in, channels_out):
    """Channels between the convolutions in space and in time that give as many weights as one in both."""
    return max(1, 3 * 9 * channels_in * channels_out // (9 * channels_in + 3 * channels_out))

"""Other light, other colours."""

import numpy as np

from stressid_keras.batches.augmentation import register_augmentation
from stressid_keras.config import AugmentationConfig


@register_augmentation("colour", "video", "colour")
def jitter_colour(video, generator, config: AugmentationConfig):
    """Scale and shift each colour channel of a whole clip: skin, clothes, walls and lamps differ, faces matter."""
    if not config.colour_scale and not config.colour_shift:
        return video
    changed = np.empty(video.shape, video.dtype)
    for channel, (scale, shift) in enumerate(generator.uniform(-1.0, 1.0, (3, 2)).tolist()):
        values = video[..., channel]
        contrast, middle = 1.0 + config.colour_scale * scale, float(values.mean())
        values = values * contrast + (middle * (1.0 - contrast) + config.colour_shift * shift)
        np.clip(values, 0.0, 1.0, out=changed[..., channel])
    return changed

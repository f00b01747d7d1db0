"""Frames of a moment before or after."""

import numpy as np

from stressid_keras.batches.augmentation import register_augmentation
from stressid_keras.config import AugmentationConfig


@register_augmentation("frame_jitter", "video", "jitter in time")
def jitter(video, generator, config: AugmentationConfig):
    return jitter_frames(video, generator, config.frame_jitter)


def jitter_frames(video, generator, largest: int):
    """Replace every frame by one that is at most `largest` places away, without changing their order.

    Args:
        video: (F, H, W, 3).
    """
    if not largest:
        return video
    offsets = generator.integers(-largest, largest + 1, len(video))
    return video[np.sort(np.clip(np.arange(len(video)) + offsets, 0, len(video) - 1))]

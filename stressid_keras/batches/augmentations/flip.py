"""Left and right exchanged."""

from stressid_keras.batches.augmentation import register_augmentation
from stressid_keras.config import AugmentationConfig


@register_augmentation("flip", "video", "flip")
def flip(video, generator, config: AugmentationConfig):
    return flip_video(video, generator) if config.flip else video


def flip_video(video, generator):
    """Swap left and right, half the time."""
    return video[:, :, ::-1] if generator.random() < 0.5 else video

"""Spans of time and of frequency that the student does not hear."""

from stressid_keras.batches.augmentation import register_augmentation
from stressid_keras.config import AugmentationConfig


@register_augmentation("log_mel_masks", "audio", "SpecAugment")
def mask_log_mel(log_mel, generator, config: AugmentationConfig):
    """SpecAugment's time and frequency masking (Park et al. 2019), with silence as the masked value.

    Args:
        log_mel: (T, n_mels, 1) in [0, 1].
    """
    frames, bands = log_mel.shape[:2]
    masked = log_mel.copy()
    for _ in range(config.time_masks):
        masked[_random_span(frames, int(frames * config.time_mask_share), generator)] = 0
    for _ in range(config.frequency_masks):
        masked[:, _random_span(bands, config.frequency_mask_bands, generator)] = 0
    return masked


def _random_span(length: int, longest: int, generator) -> slice:
    """A span of at most `longest` positions."""
    width = generator.integers(min(longest, length) + 1)
    start = generator.integers(length - width + 1)
    return slice(start, start + width)

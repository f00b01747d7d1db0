"""Random changes of one training sample: small operations on a dict of NumPy arrays.

Every function takes a generator that it draws from, leaves its input as it is, and returns float32.
"""

import numpy as np

from stressid_keras.config import AugmentationConfig
from stressid_keras.modalities import PHYSIOLOGICAL


def augment(sample: dict, generator: np.random.Generator, config: AugmentationConfig) -> dict:
    """Apply every augmentation that fits the modalities of the sample.

    Args:
        sample: float32 arrays by modality: `audio` (T, n_mels, 1) and `video` (F, H, W, 3) in [0, 1],
            `ecg`, `eda`, `rr` (S, S, 1) in [-1, 1].
    """
    sample = dict(sample)
    if "audio" in sample:
        sample["audio"] = mask_log_mel(sample["audio"], generator, config)
    for modality in PHYSIOLOGICAL:
        if modality in sample:
            field = crop_gaf(sample[modality], generator, config.gaf_crop)
            sample[modality] = jitter_intensity(field, generator, config)
    if "video" in sample:
        video = jitter_frames(sample["video"], generator, config.frame_jitter)
        video = flip_video(video, generator) if config.flip else video
        sample["video"] = jitter_colour(video, generator, config)
    return sample


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


def crop_gaf(field, generator, least_share: float):
    """Keep a random span of the signal's time: a square on the diagonal of its Gramian angular field.

    Args:
        field: (S, S, 1).
        least_share: of the window, the shortest span that is kept.
    """
    side = len(field)
    kept = max(round(side * generator.uniform(least_share, 1.0)), 1)
    start = generator.integers(side - kept + 1)
    return field[start : start + kept, start : start + kept]


def jitter_intensity(field, generator, config: AugmentationConfig):
    """Scale and shift a whole Gramian angular field, within [-1, 1].

    Args:
        field: (S, S, 1) in [-1, 1].
    """
    if not config.gaf_scale and not config.gaf_shift:
        return field
    scale, shift = generator.uniform(-1.0, 1.0, 2).tolist()
    return np.clip(field * (1.0 + config.gaf_scale * scale) + config.gaf_shift * shift, -1.0, 1.0)


def jitter_frames(video, generator, largest: int):
    """Replace every frame by one that is at most `largest` places away, without changing their order.

    Args:
        video: (F, H, W, 3).
    """
    if not largest:
        return video
    offsets = generator.integers(-largest, largest + 1, len(video))
    return video[np.sort(np.clip(np.arange(len(video)) + offsets, 0, len(video) - 1))]


def flip_video(video, generator):
    """Swap left and right, half the time."""
    return video[:, :, ::-1] if generator.random() < 0.5 else video


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


def _random_span(length: int, longest: int, generator) -> slice:
    """A span of at most `longest` positions."""
    width = generator.integers(min(longest, length) + 1)
    start = generator.integers(length - width + 1)
    return slice(start, start + width)

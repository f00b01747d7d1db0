"""Random changes of one training sample: small operations on a dict of tensors, seeded and stateless.

Every function takes the sample and an int32 seed pair and returns a new sample; the same seed gives the same change.
"""

import tensorflow as tf

from stressid_keras.config import PHYSIOLOGICAL, AugmentationConfig


def augment(sample: dict, seed, config: AugmentationConfig) -> dict:
    """Apply every augmentation that fits the modalities of the sample.

    Args:
        sample: unbatched tensors by modality: `audio` (T, n_mels, 1) in [0, 1], `video` (F, H, W, 3) in [0, 1].
        seed: int tensor (2,).
    """
    sample = dict(sample)
    if "audio" in sample:
        sample["audio"] = mask_log_mel(sample["audio"], _fold(seed, 0), config)
    for number, modality in enumerate(PHYSIOLOGICAL, start=10):
        if modality in sample:
            field = crop_gaf(sample[modality], _fold(seed, number), config.gaf_crop)
            sample[modality] = jitter_intensity(field, _fold(seed, number + 10), config)
    if "video" in sample:
        video = jitter_frames(sample["video"], _fold(seed, 1), config.frame_jitter)
        video = flip_video(video, _fold(seed, 2)) if config.flip else video
        sample["video"] = jitter_colour(video, _fold(seed, 3), config)
    return sample


def mask_log_mel(log_mel, seed, config: AugmentationConfig):
    """SpecAugment's time and frequency masking (Park et al. 2019), with silence as the masked value.

    Args:
        log_mel: (T, n_mels, 1) in [0, 1].
    """
    frames, bands = tf.shape(log_mel)[0], tf.shape(log_mel)[1]
    longest = tf.cast(tf.cast(frames, tf.float32) * config.time_mask_share, tf.int32)
    keep = tf.ones_like(log_mel)
    for number in range(config.time_masks):
        inside = _random_span(frames, longest, _fold(seed, number))
        keep *= 1.0 - inside[:, None, None]
    for number in range(config.frequency_masks):
        inside = _random_span(bands, config.frequency_mask_bands, _fold(seed, 100 + number))
        keep *= 1.0 - inside[None, :, None]
    return log_mel * keep


def crop_gaf(field, seed, least_share: float):
    """Keep a random span of the signal's time: a square on the diagonal of its Gramian angular field.

    Args:
        field: (S, S, 1).
        least_share: of the window, the shortest span that is kept.
    """
    side = tf.shape(field)[0]
    share, place = tf.unstack(tf.random.stateless_uniform((2,), seed))
    share = least_share + (1.0 - least_share) * share
    kept = tf.maximum(tf.cast(tf.round(share * tf.cast(side, tf.float32)), tf.int32), 1)
    start = tf.cast(place * tf.cast(side - kept + 1, tf.float32), tf.int32)
    return field[start : start + kept, start : start + kept]


def jitter_intensity(field, seed, config: AugmentationConfig):
    """Scale and shift a whole Gramian angular field, within [-1, 1].

    Args:
        field: (S, S, 1) in [-1, 1].
    """
    if not config.gaf_scale and not config.gaf_shift:
        return field
    scale, shift = tf.unstack(tf.random.stateless_uniform((2,), seed, -1.0, 1.0))
    return tf.clip_by_value(field * (1.0 + config.gaf_scale * scale) + config.gaf_shift * shift, -1.0, 1.0)


def jitter_frames(video, seed, largest: int):
    """Replace every frame by one that is at most `largest` places away, without changing their order.

    Args:
        video: (F, H, W, 3).
    """
    if not largest:
        return video
    count = tf.shape(video)[0]
    offsets = tf.random.stateless_uniform((count,), seed, -largest, largest + 1, tf.int32)
    places = tf.sort(tf.clip_by_value(tf.range(count) + offsets, 0, count - 1))
    return tf.gather(video, places)


def flip_video(video, seed):
    """Swap left and right, half the time."""
    flipped = tf.random.stateless_uniform((), seed) < 0.5
    return tf.cond(flipped, lambda: tf.reverse(video, axis=[2]), lambda: video)


def jitter_colour(video, seed, config: AugmentationConfig):
    """Scale and shift each colour channel of a whole clip: skin, clothes, walls and lamps differ, faces matter."""
    if not config.colour_scale and not config.colour_shift:
        return video
    change = tf.random.stateless_uniform((2, 1, 1, 1, 3), seed, -1.0, 1.0)
    contrast = 1.0 + config.colour_scale * change[0]
    middle = tf.reduce_mean(video, axis=(0, 1, 2), keepdims=True)
    return tf.clip_by_value((video - middle) * contrast + middle + config.colour_shift * change[1], 0.0, 1.0)


def _random_span(length, longest, seed):
    """1 inside a random span of at most `longest` positions, as float (length,)."""
    length, longest = tf.cast(length, tf.int32), tf.cast(longest, tf.int32)
    draws = tf.random.stateless_uniform((2,), seed)
    width = tf.cast(draws[0] * tf.cast(longest + 1, tf.float32), tf.int32)
    start = tf.cast(draws[1] * tf.cast(tf.maximum(length - width + 1, 1), tf.float32), tf.int32)
    positions = tf.range(length)
    return tf.cast((positions >= start) & (positions < start + width), tf.float32)


def _fold(seed, number: int):
    return tf.random.fold_in(seed, number)

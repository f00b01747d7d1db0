"""What augmentation may change of a sample, and what it keeps."""

import numpy as np

from stressid_keras.batches.augmentation import augment
from stressid_keras.batches.augmentations.colour import jitter_colour
from stressid_keras.batches.augmentations.frame_jitter import jitter_frames
from stressid_keras.batches.augmentations.gaf_crop import crop_gaf
from stressid_keras.batches.augmentations.gaf_intensity import jitter_intensity
from stressid_keras.batches.augmentations.log_mel_masks import mask_log_mel
from stressid_keras.config import AugmentationConfig

CONFIG = AugmentationConfig()


def generator():
    return np.random.default_rng((1, 2))


def uniform(shape, low=0.0, high=1.0):
    return np.random.default_rng(0).uniform(low, high, shape).astype("float32")


def test_spec_augment_masks_at_most_the_configured_share():
    masked = mask_log_mel(np.ones((100, 128, 1), "float32"), generator(), CONFIG)[:, :, 0]
    silent_frames = (masked == 0).all(axis=1).sum()
    silent_bands = (masked == 0).all(axis=0).sum()
    assert 0 < silent_frames <= CONFIG.time_masks * CONFIG.time_mask_share * 100
    assert 0 < silent_bands <= CONFIG.frequency_masks * CONFIG.frequency_mask_bands
    assert set(np.unique(masked)) == {0.0, 1.0}


def test_frame_jitter_keeps_the_order():
    video = np.arange(16.0).reshape(16, 1, 1, 1) * np.ones((1, 2, 2, 3))
    places = jitter_frames(video, generator(), 1)[:, 0, 0, 0]
    assert (np.diff(places) >= 0).all()
    assert np.abs(places - np.arange(16)).max() == 1


def test_cropped_field_is_the_field_of_a_span():
    signal = uniform(40)
    field = (signal[:, None] * signal[None, :])[..., None]
    cropped = crop_gaf(field, generator(), 0.5)[:, :, 0]
    assert 20 <= len(cropped) < 40
    expected = field[:, :, 0]
    assert any(
        np.array_equal(cropped, expected[start : start + len(cropped), start : start + len(cropped)])
        for start in range(40 - len(cropped) + 1)
    )


def test_intensity_jitter_is_small_one_change_for_the_whole_field_and_seeded():
    config = AugmentationConfig(gaf_scale=0.05, gaf_shift=0.05)
    field = uniform((20, 20, 1), -0.8, 0.8)
    changed = jitter_intensity(field, generator(), config)
    slope, shift = np.polyfit(field.ravel(), changed.ravel(), 1)
    np.testing.assert_allclose(changed, slope * field + shift, atol=1e-5)
    assert 0 < abs(slope - 1) <= config.gaf_scale
    assert 0 < abs(shift) <= config.gaf_shift
    np.testing.assert_array_equal(changed, jitter_intensity(field, generator(), config))
    assert np.abs(jitter_intensity(np.ones((4, 4, 1)), generator(), config)).max() <= 1
    np.testing.assert_array_equal(jitter_intensity(field, generator(), CONFIG), field)  # off by default


def test_colour_jitter_is_one_change_for_the_whole_clip():
    video = uniform((4, 6, 6, 3), 0.4, 0.6)
    changed = jitter_colour(video, generator(), CONFIG)
    for channel in range(3):
        slope = np.polyfit(video[..., channel].ravel(), changed[..., channel].ravel(), 1)
        fitted = np.polyval(slope, video[..., channel])
        np.testing.assert_allclose(changed[..., channel], fitted, atol=1e-5)


def test_augmentation_leaves_its_input_as_it_is():
    shapes = {"audio": (50, 16, 1), "video": (8, 6, 6, 3), "ecg": (20, 20, 1)}
    sample = {name: uniform(shape) for name, shape in shapes.items()}
    before = {name: values.copy() for name, values in sample.items()}
    config = AugmentationConfig(gaf_scale=0.05, gaf_shift=0.05)
    changed = augment(sample, generator(), config)
    for name, values in sample.items():
        np.testing.assert_array_equal(values, before[name])
        assert changed[name].dtype == np.float32
        assert changed[name].shape != values.shape or (changed[name] != values).any()

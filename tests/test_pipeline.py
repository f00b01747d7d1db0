"""What a batch holds, and what shuffling and augmentation may change."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from stressid_keras import augmentation
from stressid_keras.config import MODALITIES, AugmentationConfig, PipelineConfig
from stressid_keras.pipeline import make_dataset

PLAIN = PipelineConfig(batch_size=4, augmentation=AugmentationConfig(enabled=False))


def as_numpy(dataset):
    return [tf.nest.map_structure(lambda tensor: tensor.numpy(), batch) for batch in dataset]


def test_batch_holds_every_modality_with_its_true_sizes(tiny_store):
    rows = np.flatnonzero(tiny_store.complete)
    batches = as_numpy(make_dataset(tiny_store, rows, MODALITIES, PLAIN))
    assert sum(len(y) for _, y in batches) == len(rows)
    row = 0
    for x, y in batches:
        assert y.dtype == np.int32
        for place in range(len(y)):
            for modality in MODALITIES:
                stored = tiny_store.read(rows[row], modality)
                values, size = x[modality][place], x[f"{modality}_size"][place]
                spatial = stored.shape[:3] if modality == "video" else stored.shape
                assert tuple(size) == spatial
                low, high = (-1, 1) if modality in ("ecg", "eda", "rr") else (0, 1)
                found = values[tuple(slice(0, length) for length in size)]
                expected = stored.reshape(found.shape) / 255.0 * (high - low) + low
                np.testing.assert_allclose(found, expected, atol=1e-6)
                assert values.dtype == np.float32
            assert y[place] == tiny_store.manifest["label"].iloc[rows[row]]
            row += 1


def test_padding_is_zero_and_at_the_end(tiny_store):
    """Samples of different lengths: the crop augmentation shortens the fields."""
    config = PipelineConfig(batch_size=8, augmentation=AugmentationConfig(gaf_crop=0.3))
    rows = np.flatnonzero(tiny_store.complete)[:8]
    x, _ = as_numpy(make_dataset(tiny_store, rows, ("ecg",), config, training=True))[0]
    assert len({tuple(size) for size in x["ecg_size"]}) > 1
    for field, (height, width) in zip(x["ecg"], x["ecg_size"], strict=True):
        assert not field[height:].any()
        assert not field[:, width:].any()


def test_same_seed_gives_the_same_batches_and_every_pass_another_order(tiny_store):
    rows = np.flatnonzero(tiny_store.complete)
    config = PipelineConfig(batch_size=4)
    passes = []
    for _ in range(2):
        dataset = make_dataset(tiny_store, rows, ("audio",), config, training=True, seed=3)
        passes.append([as_numpy(dataset), as_numpy(dataset)])
    for first, second in zip(*passes, strict=True):
        for (x, y), (x_again, y_again) in zip(first, second, strict=True):
            np.testing.assert_array_equal(x["audio"], x_again["audio"])
            np.testing.assert_array_equal(y, y_again)
    audio = [np.concatenate([x["audio"] for x, _ in a_pass]) for a_pass in passes[0]]
    assert (audio[0] != audio[1]).any()
    other = as_numpy(make_dataset(tiny_store, rows, ("audio",), config, training=True, seed=4))
    assert (other[0][0]["audio"] != passes[0][0][0][0]["audio"]).any()


def test_validation_batches_are_never_changed(tiny_store):
    rows = np.flatnonzero(tiny_store.complete)
    changed = make_dataset(tiny_store, rows, MODALITIES, PipelineConfig(batch_size=4), training=False)
    plain = make_dataset(tiny_store, rows, MODALITIES, PLAIN)
    for (x, y), (x_plain, y_plain) in zip(as_numpy(changed), as_numpy(plain), strict=True):
        np.testing.assert_array_equal(y, y_plain)
        for name in x:
            np.testing.assert_array_equal(x[name], x_plain[name])


@pytest.mark.parametrize("cache", ["memory", "file"])
def test_cache_changes_nothing(tiny_store, tmp_path, cache):
    rows = np.flatnonzero(tiny_store.complete)
    where = str(tmp_path / "cache") if cache == "file" else cache
    caching = dataclasses.replace(PLAIN, cache=where)
    as_numpy(make_dataset(tiny_store, rows[:4], ("eda",), caching))  # of other content, under the same name
    cached = make_dataset(tiny_store, rows, ("ecg",), caching)
    plain = as_numpy(make_dataset(tiny_store, rows, ("ecg",), PLAIN))
    for _ in range(2):
        for (x, y), (x_plain, y_plain) in zip(as_numpy(cached), plain, strict=True):
            np.testing.assert_array_equal(x["ecg"], x_plain["ecg"])
            np.testing.assert_array_equal(y, y_plain)


def test_teacher_features_stay_with_their_window(tiny_store):
    rows = np.flatnonzero(tiny_store.complete)
    features = {"ecg": np.arange(len(rows), dtype="float32")[:, None]}
    dataset = make_dataset(
        tiny_store,
        rows,
        ("audio",),
        PipelineConfig(batch_size=4, augmentation=AugmentationConfig(enabled=False)),
        training=True,
        teacher_features=features,
    )
    for x, y in as_numpy(dataset):
        for place, number in enumerate(x["teacher_features"]["ecg"][:, 0].astype(int)):
            stored = tiny_store.read(rows[number], "audio") / 255.0
            np.testing.assert_allclose(x["audio"][place, : len(stored), :, 0], stored, atol=1e-6)
            assert y[place] == tiny_store.manifest["label"].iloc[rows[number]]


SEED = tf.constant([1, 2])
CONFIG = AugmentationConfig()


def test_spec_augment_masks_at_most_the_configured_share():
    masked = augmentation.mask_log_mel(tf.ones((100, 128, 1)), SEED, CONFIG).numpy()[:, :, 0]
    silent_frames = (masked == 0).all(axis=1).sum()
    silent_bands = (masked == 0).all(axis=0).sum()
    assert 0 < silent_frames <= CONFIG.time_masks * CONFIG.time_mask_share * 100
    assert 0 < silent_bands <= CONFIG.frequency_masks * CONFIG.frequency_mask_bands
    assert set(np.unique(masked)) == {0.0, 1.0}


def test_frame_jitter_keeps_the_order():
    video = tf.reshape(tf.range(16.0), (16, 1, 1, 1)) * tf.ones((1, 2, 2, 3))
    places = augmentation.jitter_frames(video, SEED, 1).numpy()[:, 0, 0, 0]
    assert (np.diff(places) >= 0).all()
    assert np.abs(places - np.arange(16)).max() == 1


def test_cropped_field_is_the_field_of_a_span():
    signal = tf.random.stateless_uniform((40,), SEED)
    field = tf.expand_dims(signal[:, None] * signal[None, :], -1)
    cropped = augmentation.crop_gaf(field, SEED, 0.5).numpy()[:, :, 0]
    assert 20 <= len(cropped) < 40
    expected = field.numpy()[:, :, 0]
    assert any(
        np.array_equal(cropped, expected[start : start + len(cropped), start : start + len(cropped)])
        for start in range(40 - len(cropped) + 1)
    )


def test_intensity_jitter_is_small_one_change_for_the_whole_field_and_seeded():
    config = AugmentationConfig(gaf_scale=0.05, gaf_shift=0.05)
    field = tf.random.stateless_uniform((20, 20, 1), SEED, -0.8, 0.8)
    changed = augmentation.jitter_intensity(field, SEED, config).numpy()
    slope, shift = np.polyfit(field.numpy().ravel(), changed.ravel(), 1)
    np.testing.assert_allclose(changed, slope * field.numpy() + shift, atol=1e-5)
    assert 0 < abs(slope - 1) <= config.gaf_scale
    assert 0 < abs(shift) <= config.gaf_shift
    np.testing.assert_array_equal(changed, augmentation.jitter_intensity(field, SEED, config).numpy())
    assert np.abs(augmentation.jitter_intensity(tf.ones((4, 4, 1)), SEED, config).numpy()).max() <= 1
    np.testing.assert_array_equal(augmentation.jitter_intensity(field, SEED, CONFIG), field)  # off by default


def test_colour_jitter_is_one_change_for_the_whole_clip():
    video = tf.random.stateless_uniform((4, 6, 6, 3), SEED, 0.4, 0.6)
    changed = augmentation.jitter_colour(video, SEED, CONFIG).numpy()
    for channel in range(3):
        slope = np.polyfit(video.numpy()[..., channel].ravel(), changed[..., channel].ravel(), 1)
        fitted = np.polyval(slope, video.numpy()[..., channel])
        np.testing.assert_allclose(changed[..., channel], fitted, atol=1e-5)

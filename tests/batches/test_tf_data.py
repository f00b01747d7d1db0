"""What a batch holds, and what shuffling and augmentation may change."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from stressid_keras.batches.tf_data import make_dataset
from stressid_keras.config import AugmentationConfig, PipelineConfig
from stressid_keras.modalities import MODALITIES

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
                levels = 65535 if modality == "audio" else 255
                found = values[tuple(slice(0, length) for length in size)]
                expected = stored.reshape(found.shape) / levels * (high - low) + low
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
    assert (where == "memory") or [path.name for path in tmp_path.iterdir()] == [
        f"cache-{tiny_store.fingerprint}"
    ]
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
            stored = tiny_store.read(rows[number], "audio") / 65535
            np.testing.assert_allclose(x["audio"][place, : len(stored), :, 0], stored, atol=1e-6)
            assert y[place] == tiny_store.manifest["label"].iloc[rows[number]]

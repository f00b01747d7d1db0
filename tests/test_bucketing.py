"""Training batches of like length, every sample once, and nothing changed where lengths do not differ."""

import dataclasses

import numpy as np
import pytest

from stressid_keras.bucketing import padded_share
from stressid_keras.config import AugmentationConfig, PipelineConfig
from stressid_keras.dataset import SyntheticConfig, index_dataset, make_synthetic_tree
from stressid_keras.pipeline import make_dataset
from stressid_keras.preprocessing import prepare_dataset

CONFIG = PipelineConfig(batch_size=2, augmentation=AugmentationConfig(enabled=False))
OFF = dataclasses.replace(CONFIG, bucket_batches=1)


@pytest.fixture(scope="module")
def uneven_store(tiny_config, tmp_path_factory):
    """Windows of 2 and of 1.6 seconds."""
    folder = tmp_path_factory.mktemp("uneven")
    tree = make_synthetic_tree(folder / "tree", SyntheticConfig(subjects=4, tasks=1, seconds=3.6))
    preparation = dataclasses.replace(tiny_config.preparation, window_seconds=2.0, hop_seconds=2.0)
    return prepare_dataset(index_dataset(tree, tiny_config.dataset), folder / "prepared", preparation)


def batches(store, config, seed=0, passes=1):
    rows = np.flatnonzero(store.complete)
    numbers = {"number": np.arange(len(rows), dtype="float32")[:, None]}
    dataset = make_dataset(
        store, rows, ("audio",), config, training=True, seed=seed, teacher_features=numbers
    )
    assert len(dataset) == -(-len(rows) // config.batch_size)
    return [
        [(x["teacher_features"]["number"][:, 0].numpy(), x["audio_size"][:, 0].numpy()) for x, _ in dataset]
        for _ in range(passes)
    ]


def test_every_sample_comes_once_a_pass_beside_its_like(uneven_store):
    rows = np.flatnonzero(uneven_store.complete)
    first, second = batches(uneven_store, CONFIG, passes=2)
    for a_pass in (first, second):
        assert sorted(np.concatenate([numbers for numbers, _ in a_pass])) == list(range(len(rows)))
        assert sum(len(set(sizes)) > 1 for _, sizes in a_pass) <= 1
    again = batches(uneven_store, CONFIG, passes=2)
    for a_pass, its_like in zip((first, second), again, strict=True):
        for (numbers, _), (same, _) in zip(a_pass, its_like, strict=True):
            np.testing.assert_array_equal(numbers, same)


def test_padded_share_falls(uneven_store):
    rows = np.flatnonzero(uneven_store.complete)
    assert padded_share(uneven_store, rows, ("audio",), CONFIG) < 0.01
    shares = [padded_share(uneven_store, rows, ("audio",), OFF, seed) for seed in range(10)]
    assert np.mean(shares) > 0.02


def test_equal_lengths_are_shuffled_as_without_buckets(tiny_store):
    sizes = {tiny_store.shape(row, "audio") for row in np.flatnonzero(tiny_store.complete)}
    if len(sizes) > 1:
        pytest.skip("the tiny tree has recordings of several lengths")
    for (numbers, _), (plain, _) in zip(
        batches(tiny_store, CONFIG)[0], batches(tiny_store, OFF)[0], strict=True
    ):
        np.testing.assert_array_equal(numbers, plain)

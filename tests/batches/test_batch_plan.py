"""Training batches of like length, every sample once, and nothing changed where lengths do not differ."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stressid_keras.batches.batch_plan import BatchPlan, EpochCounter, padded_share
from stressid_keras.batches.tf_data import make_dataset
from stressid_keras.config import AugmentationConfig, PipelineConfig
from stressid_keras.dataset import SyntheticConfig, index_dataset, make_synthetic_tree
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


@given(
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=60),
    batch_size=st.integers(1, 7),
    bucket_batches=st.integers(1, 4),
    seed=st.integers(0, 2**40),
    epoch=st.integers(0, 100),
)
def test_every_epoch_has_every_sample_once_in_full_batches_but_the_last(
    lengths, batch_size, bucket_batches, seed, epoch
):
    config = PipelineConfig(batch_size=batch_size, bucket_batches=bucket_batches)
    plan = BatchPlan(lengths, config, True, seed)
    batches = plan.batches(epoch)
    assert len(batches) == len(plan)
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    assert {len(batch) for batch in batches[:-1]} <= {batch_size}
    for batch, again in zip(batches, BatchPlan(lengths, config, True, seed).batches(epoch), strict=True):
        np.testing.assert_array_equal(batch, again)


def test_epochs_and_seeds_have_other_orders():
    orders = [
        BatchPlan(np.ones(50), CONFIG, True, seed).order(epoch) for seed in range(3) for epoch in range(3)
    ]
    assert len({tuple(order) for order in orders}) == 9


def test_passes_count_themselves_unless_an_epoch_is_set():
    counter = EpochCounter()
    assert [counter.start_pass() for _ in range(3)] == [0, 1, 2]
    counter.set(7)
    assert [counter.start_pass() for _ in range(2)] == [7, 7]
    counter.release()
    assert [counter.start_pass() for _ in range(2)] == [7, 8]


def test_padded_share_is_that_of_the_batches(uneven_store):
    rows = np.flatnonzero(uneven_store.complete)
    dataset = make_dataset(uneven_store, rows, ("audio",), OFF, training=True, seed=5)
    for epoch in range(2):
        padded = true = 0
        for x, _ in dataset:
            padded += x["audio"].numpy().size
            true += x["audio_size"].numpy().prod(axis=1).sum()
        found = padded_share(uneven_store, rows, ("audio",), OFF, 5, epoch)
        assert found == pytest.approx(1 - true / padded)


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

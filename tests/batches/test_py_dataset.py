"""The same batches with and without tf.data."""

import dataclasses

import keras
import numpy as np
import pytest

from stressid_keras.batches.batch_plan import EpochCounter
from stressid_keras.batches.py_dataset import PreparedBatches
from stressid_keras.config import AugmentationConfig, PipelineConfig
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import MODALITIES, PRIVILEGED

CONFIG = PipelineConfig(batch_size=4)
PLAIN = dataclasses.replace(CONFIG, augmentation=AugmentationConfig(enabled=False))


def assert_equal_passes(left, right):
    left, right = list(left), list(right)
    assert len(left) == len(right)
    for batch, its_like in zip(left, right, strict=True):
        keras.tree.assert_same_structure(batch, its_like)
        for name in ("teacher_features", *batch[0]):
            found, expected = batch[0].get(name, {}), its_like[0].get(name, {})
            keras.tree.map_structure(assert_equal_arrays, found, expected)
        assert_equal_arrays(batch[1], its_like[1])


def assert_equal_arrays(found, expected):
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("config", [CONFIG, PLAIN, dataclasses.replace(CONFIG, pad_to="largest")])
def test_batches_are_those_of_tf_data(tiny_store, config, training):
    make_dataset = pytest.importorskip("stressid_keras.batches.tf_data").make_dataset
    rows = np.flatnonzero(tiny_store.complete)
    features = {
        "ecg": np.random.default_rng(0).normal(size=(len(rows), 3, 5)).astype("float16"),
        "logits": np.random.default_rng(1).normal(size=(len(rows), 3, 2)).astype("float16"),
    }
    passes = [
        loader(tiny_store, rows, MODALITIES, config, training=training, seed=2**33, teacher_features=features)
        for loader in (PreparedBatches, make_dataset)
    ]
    assert len(passes[0]) == len(passes[1])
    for _ in range(3):
        theirs = [keras.tree.map_structure(np.asarray, batch) for batch in passes[1]]
        assert_equal_passes(passes[0], theirs)


def test_views_are_fixed_changes_in_the_order_of_the_rows(tiny_store):
    make_dataset = pytest.importorskip("stressid_keras.batches.tf_data").make_dataset
    rows = np.flatnonzero(tiny_store.complete)
    view = PreparedBatches(tiny_store, rows, PRIVILEGED, CONFIG, view=2)
    assert_equal_passes(view, view)
    dataset = make_dataset(tiny_store, rows, PRIVILEGED, CONFIG, view=2)
    assert_equal_passes(view, [keras.tree.map_structure(np.asarray, batch) for batch in dataset])
    labels = np.concatenate([y for _, y in view])
    np.testing.assert_array_equal(labels, tiny_store.manifest["label"].to_numpy()[rows])
    other = PreparedBatches(tiny_store, rows[:4], PRIVILEGED, CONFIG, view=1)
    assert (other[0][0]["video"] != view[0][0]["video"]).any()


def test_every_sample_takes_one_view_for_all_its_features(tiny_store):
    rows = np.flatnonzero(tiny_store.complete)
    numbers = np.stack([np.arange(len(rows)) + 100 * view for view in range(3)], axis=1)[..., None]
    features = {"ecg": numbers, "logits": -numbers}
    batches = PreparedBatches(
        tiny_store, rows, ("audio",), CONFIG, training=True, seed=1, teacher_features=features
    )
    passes = []
    for _ in range(2):
        found = [x["teacher_features"] for x, _ in batches]
        taken = np.concatenate([features["ecg"][:, 0] for features in found])
        np.testing.assert_array_equal(taken, -np.concatenate([f["logits"][:, 0] for f in found]))
        assert sorted(taken % 100) == list(range(len(rows)))
        assert len(set(taken // 100)) == 3
        passes.append(sorted(taken))
    assert passes[0] != passes[1]
    validation = PreparedBatches(tiny_store, rows, ("audio",), CONFIG, teacher_features=features)
    assert max(x["teacher_features"]["ecg"].max() for x, _ in validation) < 100


def test_augmentation_is_the_same_with_and_without_views(tiny_store):
    rows = np.flatnonzero(tiny_store.complete)
    with_views = {"ecg": np.zeros((len(rows), 4, 2))}
    a_pass, its_like = (
        PreparedBatches(tiny_store, rows, ("audio",), CONFIG, training=True, teacher_features=features)
        for features in (with_views, None)
    )
    for (x, _), (same, _) in zip(a_pass, its_like, strict=True):
        np.testing.assert_array_equal(x["audio"], same["audio"])


def test_batches_of_a_set_epoch_stay_the_same_in_any_order(tiny_store):
    rows = np.flatnonzero(tiny_store.complete)
    counter = EpochCounter()
    batches = PreparedBatches(tiny_store, rows, ("audio",), CONFIG, training=True, epoch=counter)
    passes = list(batches), list(batches)
    counter.set(1)
    backwards = [batches[index] for index in reversed(range(len(batches)))]
    assert_equal_passes(reversed(backwards), passes[1])
    with pytest.raises(IndexError, match="no batch 99"):
        batches[99]


class Counting(keras.Model):
    """Logs the sum of 2**number over the samples that it is trained on: another one for every multiset of them."""

    def __init__(self):
        super().__init__()
        self.weight = self.add_weight(shape=(), initializer="zeros")
        self.total = keras.metrics.Sum(name="total")

    def call(self, x):
        return x["teacher_features"]["number"] * self.weight

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        self.total.update_state(2.0 ** x["teacher_features"]["number"])
        return keras.ops.mean(y_pred)


def test_keras_trains_on_every_batch_of_every_epoch_once(tiny_store):
    """Whatever batch it looked at before the first epoch."""
    rows = np.flatnonzero(tiny_store.complete)
    numbers = {"number": np.arange(len(rows), dtype="float32")[:, None]}
    config = dataclasses.replace(CONFIG, pad_to="largest", workers=3)
    counter = EpochCounter()
    batches = PreparedBatches(
        tiny_store, rows, ("audio",), config, training=True, teacher_features=numbers, epoch=counter
    )
    model = Counting()
    model.compile("sgd")
    history = model.fit(
        batches,
        epochs=2,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: counter.set(epoch))],
    ).history
    assert history["total"] == [sum(2.0**number for number in range(len(rows)))] * 2


def test_shapes_that_keras_would_not_take_are_refused(tiny_store):
    rows = np.flatnonzero(tiny_store.complete)
    batches = PreparedBatches(tiny_store, rows, ("ecg",), CONFIG, training=True)
    if keras.backend.backend() == "tensorflow":
        with pytest.raises(StressIDError, match="use make_dataset, or pad_to='largest'"):
            batches.on_epoch_begin()
    else:
        batches.on_epoch_begin()

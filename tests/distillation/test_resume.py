"""A training that was interrupted and resumed ends as one that was not."""

import dataclasses
import json
import shutil

import keras
import numpy as np
import pandas as pd
import pytest

from stressid_keras.batches.batch_plan import EpochCounter
from stressid_keras.batches.py_dataset import PreparedBatches
from stressid_keras.config import PipelineConfig, TrainingConfig
from stressid_keras.distillation import Distiller
from stressid_keras.distillation.methods import FeaturesFirst
from stressid_keras.errors import StaleError
from stressid_keras.training.fit import fit
from stressid_keras.training.history import History
from stressid_keras.training.kept_epoch import KeptEpoch
from stressid_keras.training.resume import Resume

COMPILED = TrainingConfig(epochs=4, patience=4)
# TensorFlow traces longer than these few steps take.
EAGER = keras.backend.backend() == "tensorflow"
CONFIG = dataclasses.replace(COMPILED, run_eagerly=EAGER)


class Interruption(Exception):
    pass


def interrupt_after(epochs):
    def progress(done, logs):
        if done == epochs:
            raise Interruption

    return progress


def small_network():
    """Normalisation and dropout: both have a state besides the weights."""
    audio = keras.Input((None, 32, 1), name="audio")
    x = keras.layers.GlobalAveragePooling1D()(audio[..., 0])
    feature = keras.layers.BatchNormalization()(keras.layers.Dense(4)(x))
    logits = keras.layers.Dense(3)(keras.layers.Dropout(0.5)(feature))
    return keras.Model({"audio": audio}, {"logits": logits, "feature": feature})


class Scripted(Distiller):
    """Is given its validation score of every epoch."""

    scores = (0.5, 0.6, 0.4, 0.4, 0.9)

    def evaluate(self, *args, **kwargs):
        epoch = int(self.optimizer.iterations) // 3 - 1
        return {"uar": self.scores[epoch], "cross_entropy": 1.0}


def in_phases(network, weights):
    return Distiller(network, weights=weights, features_first=FeaturesFirst(0.5))


def train(store, folder, config=CONFIG, progress=None, model=Distiller, key="key"):
    keras.utils.set_random_seed(0)
    rows = np.flatnonzero(store.complete)
    teacher = np.random.default_rng(0).normal(size=(len(rows), 4))
    epoch = EpochCounter()

    def batches(some, training):
        return PreparedBatches(
            store,
            rows[some],
            ("audio",),
            PipelineConfig(batch_size=4, pad_to="largest"),
            training=training,
            teacher_features={"ecg": teacher[some]},
            epoch=epoch,
        )

    network = small_network()
    summary = fit(
        model(network, weights={"ecg": 1.0}),
        batches(slice(0, 10), training=True),
        batches(slice(10, None), training=False),
        store.manifest["label"].to_numpy()[rows[:10]],
        config,
        checkpoint=folder / "student.keras",
        history=folder / "history.csv",
        progress=progress,
        epoch=epoch,
        resume_key=key,
    )
    return summary, network.get_weights()


def interrupted(store, folder, done, *arguments, **options):
    """Train until `done` epochs are, and lose what a stage removes before it runs again."""
    with pytest.raises(Interruption):
        train(store, folder, *arguments, progress=interrupt_after(done), **options)
    assert left_in(folder) == ["history.csv", "student.resume.npz"]
    (folder / "history.csv").unlink()


def left_in(folder):
    return sorted(path.name for path in folder.iterdir())


def assert_same(found, expected, folder, expected_folder):
    assert found[0] == pytest.approx(expected[0], abs=1e-6)
    for weights, wanted in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(weights, wanted, atol=1e-6)
    histories = [pd.read_csv(path / "history.csv") for path in (folder, expected_folder)]
    pd.testing.assert_frame_equal(*histories, atol=1e-6)
    assert left_in(folder) == ["history.csv", "student.keras"]


@pytest.fixture(scope="module")
def whole(tiny_store, tmp_path_factory):
    """What a training gives that is not interrupted, and its folder."""
    folder = tmp_path_factory.mktemp("whole")
    return train(tiny_store, folder), folder


def test_resumed_training_equals_an_uninterrupted_one(tiny_store, whole, tmp_path):
    expected, folder = whole
    for done in (1, 3):
        interrupted(tiny_store, tmp_path / "resumed", done)
    ran = []
    found = train(tiny_store, tmp_path / "resumed", progress=lambda done, logs: ran.append(done))
    assert ran == [4]
    assert_same(found, expected, tmp_path / "resumed", folder)
    saved = keras.saving.load_model(tmp_path / "resumed" / "student.keras")
    for weights, wanted in zip(saved.get_weights(), expected[1], strict=True):
        np.testing.assert_allclose(weights, wanted, atol=1e-6)


@pytest.mark.parametrize("done", [3, 4])
def test_patience_goes_on_where_it_was(tiny_store, tmp_path, done):
    """Also where training was over and could not say so any more."""
    config = TrainingConfig(epochs=5, patience=2, kept="best", run_eagerly=EAGER)
    interrupted(tiny_store, tmp_path, done, config, model=Scripted)
    summary, _ = train(tiny_store, tmp_path, config, model=Scripted)
    assert summary == {"best_epoch": 2, "epochs": 4, "val_uar": 0.6, "val_cross_entropy": 1.0}
    assert len(pd.read_csv(tmp_path / "history.csv")) == 4


def test_state_of_other_inputs_is_not_used(tmp_path):
    model = Distiller(small_network())
    model.compile("adam")
    model.optimizer.build(model.trainable_variables)
    kept, history = KeptEpoch(tmp_path / "student.keras", 2), History(tmp_path / "history.csv")
    written = Resume(tmp_path / "student.resume.npz", "key", kept, history)
    for callback in (kept, history, written):
        callback.set_model(model)
        callback.on_epoch_end(0, {"val_uar": 0.5, "val_cross_entropy": 1.0})
    x = {"audio": np.zeros((2, 5, 32, 1), "float32")}
    batches = [(x, np.array([0, 1]))]
    for key, epochs in (("other", 0), ("key", 1)):
        assert Resume(written.path, key, kept, history).epochs_done() == epochs
    written.restore(model, batches)
    assert len(history.rows) == 1


def lose_the_end(path):
    path.write_bytes(path.read_bytes()[:-100])


def change_the_history(path):
    with np.load(path) as file:
        arrays = dict(file)
    state = json.loads(str(arrays["state"]))
    state["history"][0]["val_uar"] = 1.0
    np.savez(path, **arrays | {"state": np.array(json.dumps(state))})


def change_a_weight(path):
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **arrays | {"variable0": arrays["variable0"] + 1})


def lose_a_weight(path):
    with np.load(path) as file:
        arrays = dict(file)
    del arrays["best0"]
    np.savez(path, **arrays)


def write_no_json(path):
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **arrays | {"state": np.array("{")})


@pytest.fixture(scope="module")
def halfway(tiny_store, tmp_path_factory):
    """The folder of a training that was interrupted after two epochs."""
    folder = tmp_path_factory.mktemp("halfway")
    interrupted(tiny_store, folder, 2)
    return folder


@pytest.mark.parametrize(
    "damage", [lose_the_end, change_the_history, change_a_weight, lose_a_weight, write_no_json]
)
def test_a_training_whose_state_was_damaged_or_changed_begins_anew(
    tiny_store, whole, halfway, tmp_path, damage
):
    shutil.copytree(halfway, tmp_path, dirs_exist_ok=True)
    damage(tmp_path / "student.resume.npz")
    assert_same(train(tiny_store, tmp_path), whole[0], tmp_path, whole[1])


def test_a_damaged_state_is_as_none(tmp_path):
    path = tmp_path / "student.resume.npz"
    path.write_bytes(b"PK\x03\x04 and then the power went")
    kept, history = KeptEpoch(tmp_path / "student.keras", 2), History(tmp_path / "history.csv")
    resume = Resume(path, "key", kept, history)
    assert resume.epochs_done() == 0
    with pytest.raises(StaleError, match=r"resume\.npz is missing or damaged"):
        resume.restore(None, [])


@pytest.mark.parametrize("done", [1, 2, 3])
def test_training_in_phases_is_resumed_in_the_phase_that_it_was_in(tiny_store, tmp_path, done):
    expected = train(tiny_store, tmp_path / "whole", model=in_phases)
    assert expected[0]["best_epoch"] > 2  # the classifier is trained in the last two epochs
    interrupted(tiny_store, tmp_path / "resumed", done, model=in_phases)
    found = train(tiny_store, tmp_path / "resumed", model=in_phases)
    assert_same(found, expected, tmp_path / "resumed", tmp_path / "whole")


@pytest.mark.parametrize("model", [Distiller, in_phases])
def test_a_steadied_training_is_resumed_with_its_averages_and_its_rate(tiny_store, tmp_path, model):
    """After every epoch: in phases also at the end of one, whose averages are what the next begins with."""
    config = dataclasses.replace(CONFIG, warm_up=0.25, clip_norm=0.5, average=0.8)
    expected = train(tiny_store, tmp_path / "whole", config, model=model)
    plain = train(tiny_store, tmp_path / "plain", model=model)
    assert any(np.abs(own - other).max() > 1e-4 for own, other in zip(expected[1], plain[1], strict=True))
    for done in (1, 2, 3, 4):
        interrupted(tiny_store, tmp_path / "resumed", done, config, model=model)
    found = train(tiny_store, tmp_path / "resumed", config, model=model)
    assert_same(found, expected, tmp_path / "resumed", tmp_path / "whole")


def test_without_a_key_nothing_is_kept(tiny_store, tmp_path):
    with pytest.raises(Interruption):
        train(tiny_store, tmp_path, progress=interrupt_after(1), key="")
    assert left_in(tmp_path) == ["history.csv"]

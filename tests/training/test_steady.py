"""What steadies a training: a learning rate that warms up, a gradient of bounded norm, weights that are averaged."""

import dataclasses

import keras
import numpy as np
import pytest

from stressid_keras.config import TrainingConfig
from stressid_keras.training.classifier import Classifier
from stressid_keras.training.fit import fit
from stressid_keras.training.optimizer import build_optimizer
from stressid_keras.training.phases import JOINT

pytestmark = pytest.mark.backend

# TensorFlow traces longer than these few steps take.
CONFIG = TrainingConfig(epochs=3, run_eagerly=keras.backend.backend() == "tensorflow")


def rates(config, steps):
    schedule = build_optimizer(config, steps)._learning_rate
    return np.array([float(keras.ops.convert_to_numpy(schedule(step))) for step in range(steps + 1)])


def test_the_rate_rises_in_equal_steps_and_then_falls_along_the_cosine():
    found = rates(TrainingConfig(learning_rate=0.5, warm_up=0.2), 20)
    np.testing.assert_allclose(found[:5], 0.5 * np.arange(1, 6) / 5, atol=1e-7)  # no step at a rate of zero
    np.testing.assert_allclose(found[4:], 0.25 * (1 + np.cos(np.pi * np.arange(17) / 16)), atol=1e-6)


@pytest.mark.parametrize("warm_up", [0.0, 0.01])
def test_without_a_step_to_warm_up_in_the_rate_falls_from_the_start(warm_up):
    found = rates(TrainingConfig(learning_rate=0.5, warm_up=warm_up), 20)
    np.testing.assert_allclose(found, 0.25 * (1 + np.cos(np.pi * np.arange(21) / 20)), atol=1e-6)


def test_a_warm_up_leaves_a_step_to_fall_in():
    assert rates(TrainingConfig(learning_rate=0.5, warm_up=0.99), 4).max() == pytest.approx(0.5)


def test_the_gradient_of_all_weights_together_is_clipped():
    weights = [keras.Variable(np.zeros(2, "float32")), keras.Variable(np.zeros(1, "float32"))]
    optimizer = build_optimizer(TrainingConfig(clip_norm=2.0), 4)
    gradients = [keras.ops.convert_to_tensor(values) for values in ([3.0, 0.0], [4.0])]
    optimizer.build(weights)
    found = [keras.ops.convert_to_numpy(values) for values in optimizer._clip_gradients(gradients)]
    np.testing.assert_allclose(np.concatenate(found), [1.2, 0, 1.6], rtol=1e-5)


class Recorded(Classifier):
    """Remembers its weights after every epoch's validation, and with which it was validated."""

    def evaluate(self, *args, **kwargs):
        found = super().evaluate(*args, **kwargs)
        self.after.append([np.array(values) for values in self.network.get_weights()])
        return found


@pytest.fixture
def data():
    """Batches of a small training part, and one to validate on."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(24, 5)).astype("float32")
    y = (np.arange(24) % 3).astype("int32")
    return [({"x": x[at : at + 6]}, y[at : at + 6]) for at in range(0, 18, 6)], ({"x": x[18:]}, y[18:])


class Batches(keras.utils.PyDataset):
    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def trained(data, folder, config=CONFIG, model=Classifier):
    keras.utils.set_random_seed(0)
    x = keras.Input((5,), name="x")
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(4)(x))
    network = keras.Model({"x": x}, {"logits": keras.layers.Dense(3)(hidden)})
    classifier = model(network)
    classifier.after = []
    train, validation = data
    summary = fit(
        classifier,
        Batches(train),
        Batches([validation]),
        np.arange(18) % 3,
        config,
        checkpoint=folder / "network.keras",
        history=folder / "history.csv",
    )
    return classifier, summary


def test_the_average_is_what_is_validated_and_saved(data, tmp_path):
    """It is made of the weights of every step, which training goes on with: with others than one epoch earlier."""
    config = dataclasses.replace(CONFIG, average=0.8, learning_rate=0.05)
    model, summary = trained(data, tmp_path, config)
    steps = steps_of(data, tmp_path / "steps", config)
    assert len(steps) == 9
    expected = steps[0]
    for weights in steps[1:]:
        expected = [0.8 * average + 0.2 * own for average, own in zip(expected, weights, strict=True)]
    saved = keras.saving.load_model(tmp_path / "network.keras")
    for own, last, average, variable in zip(
        saved.get_weights(), steps[-1], expected, saved.weights, strict=True
    ):
        np.testing.assert_allclose(own, average if variable.trainable else last, rtol=1e-4, atol=1e-5)
    assert np.abs(saved.get_weights()[0] - steps[-1][0]).max() > 1e-3
    model.compile(keras.optimizers.SGD(0.0))
    found = model.evaluate(Batches([data[1]]), verbose=0, return_dict=True)
    assert summary["val_cross_entropy"] == pytest.approx(found["cross_entropy"], rel=1e-4)


def steps_of(data, folder, config):
    """The weights after each step of the same training without an average."""
    found = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            found.append([np.array(values) for values in self.model.network.get_weights()])

    class Watched(Classifier):
        def fit(self, *args, callbacks=(), **kwargs):
            return super().fit(*args, callbacks=[*callbacks, Watch()], **kwargs)

    trained(data, folder, dataclasses.replace(config, average=0.0), Watched)
    return found


def test_training_goes_on_with_its_own_weights_after_the_average_was_validated(data, tmp_path):
    config = dataclasses.replace(CONFIG, learning_rate=0.05)
    averaging, _ = trained(data, tmp_path, dataclasses.replace(config, average=0.8), Recorded)
    plain, _ = trained(data, tmp_path, config, Recorded)
    for after, expected in zip(averaging.after, plain.after, strict=True):
        for own, other in zip(after, expected, strict=True):
            np.testing.assert_array_equal(own, other)


def test_each_phase_begins_with_the_average_of_the_one_before(data, tmp_path):
    class InPhases(Classifier):
        def phases(self, epochs):
            return [(JOINT, 1), (JOINT, epochs)]

        def enter(self, phase):
            self.after.append([np.array(values) for values in self.network.get_weights()])

    config = dataclasses.replace(CONFIG, average=0.8, learning_rate=0.05, epochs=2)
    model, _ = trained(data, tmp_path, config, InPhases)
    steps = steps_of(data, tmp_path / "steps", dataclasses.replace(config, epochs=1))
    expected = 0.64 * steps[0][0] + 0.16 * steps[1][0] + 0.2 * steps[2][0]  # of three steps in an epoch
    np.testing.assert_allclose(model.after[1][0], expected, rtol=1e-4, atol=1e-5)

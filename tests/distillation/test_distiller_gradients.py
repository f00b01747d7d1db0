"""Gradients: against finite differences, none into the teacher, and nothing that moves without one."""

import keras
import numpy as np
import pytest

from stressid_keras.distillation import Distiller
from stressid_keras.distillation.methods import Contrastive, Imitation, Relational, SoftTargets

TERMS = {
    "features": {"weights": {"face": 2.0, "heart": 0.5}},
    "hidden projection": {"weights": {"face": 2.0}, "projection": "hidden"},
    "soft targets": {"terms": [SoftTargets(2.0, 3.0)]},
    "imitation": {"terms": [Imitation(0.3, 2.0)], "confidence": True},
    "relational": {"terms": [Relational(5.0)]},
    "contrastive": {"terms": [Contrastive(1.0, 0.5)]},
}


@pytest.fixture
def double():
    """Step and tolerances of a finite difference, in float64 if it can be.

    JAX has float64 only where it was asked for at start, and Keras's dense layers on torch round to float32. There the
    step has to stand above the rounding of a loss of about 2, and three digits are left.
    """
    if keras.backend.backend() != "tensorflow":
        yield 3e-3, 2e-2, 2e-3
        return
    for set_type in (keras.config.set_floatx, keras.config.set_dtype_policy):
        set_type("float64")
    yield 1e-5, 1e-5, 1e-6
    for set_type in (keras.config.set_floatx, keras.config.set_dtype_policy):
        set_type("float32")


@pytest.mark.parametrize("name", TERMS)
def test_gradient_equals_finite_differences(student, batch, double, name):
    """A step of gradient descent at rate 1 is the gradient, with sample weights and as training takes it."""
    step, relative, absolute = double
    options = dict(TERMS[name])
    terms = options.pop("terms", ())
    terms = [type(term).from_config({**term.get_config(), "dtype": keras.config.floatx()}) for term in terms]
    x, y = batch(5)
    w = np.array([1.0, 0.5, 2.0, 1.0, 0.0])
    model = Distiller(student(), terms=terms, teacher_widths={"face": 4, "heart": 4, "logits": 3}, **options)
    model.compile(keras.optimizers.SGD(1.0), run_eagerly=keras.backend.backend() != "jax")
    start = [np.array(keras.ops.convert_to_numpy(v)) for v in model.trainable_variables]

    def loss_at(place, index, delta):
        moved = start[place].copy()
        moved[index] += delta
        model.trainable_variables[place].assign(moved)
        loss = model.compute_loss(x, y, model(x, training=False), w, training=False)
        loss = float(keras.ops.convert_to_numpy(loss))
        model.trainable_variables[place].assign(start[place])
        return loss

    chosen = []
    generator = np.random.default_rng(0)
    for place, values in enumerate(start):
        index = tuple(int(generator.integers(0, length)) for length in values.shape)
        difference = (loss_at(place, index, step) - loss_at(place, index, -step)) / (2 * step)
        chosen.append((place, index, difference))
    model.train_on_batch(x, y, sample_weight=w)
    assert any(abs(difference) > 1e-3 for *_, difference in chosen)
    for place, index, difference in chosen:
        gradient = start[place][index] - keras.ops.convert_to_numpy(model.trainable_variables[place])[index]
        assert gradient == pytest.approx(difference, rel=relative, abs=absolute)


def everything(student, teacher):
    return Distiller(
        student,
        teacher,
        weights={"face": 1.0, "heart": 1.0},
        terms=[SoftTargets(), Relational(), Contrastive()],
        projection="linear",
        confidence=True,
    )


def test_no_gradient_reaches_the_teacher(student, teacher, batch, values):
    teacher = teacher()
    x, y = batch()
    model = everything(student(), teacher)
    model.trainable = False
    model.trainable = True  # as a user would thaw a model
    before = values(teacher)
    model.compile(keras.optimizers.AdamW(0.1, weight_decay=0.1))
    model.fit(x, y, batch_size=4, epochs=2, verbose=0)
    for old, new in zip(before, values(teacher), strict=True):
        np.testing.assert_array_equal(old, new)
    teachers = {id(v) for v in teacher.variables}
    assert not teachers & {id(v) for v in model.trainable_variables}
    assert teachers <= {id(v) for v in model.non_trainable_variables}


def noisy_student():
    """With all that has a state: batch statistics and the seed of dropout."""
    x = keras.Input((6,), name="voice")
    feature = keras.layers.Dropout(0.5)(keras.layers.BatchNormalization()(keras.layers.Dense(4)(x)))
    return keras.Model({"voice": x}, {"logits": keras.layers.Dense(3)(feature), "feature": feature})


def test_evaluation_and_prediction_move_nothing(teacher, batch, values):
    x, y = batch()
    model = everything(noisy_student(), teacher())
    model.compile("adam")
    model.fit(x, y, batch_size=4, verbose=0)
    model.reset_metrics()
    before = values(model), values(model.optimizer)
    first = model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True)
    model.predict(x, batch_size=4, verbose=0)
    assert model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True) == first
    model.reset_metrics()
    for old, new in zip(before[0] + before[1], values(model) + values(model.optimizer), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_step_runs_each_network_once(student, teacher, batch):
    calls = []

    @keras.saving.register_keras_serializable("tests")
    class Counting(keras.layers.Layer):
        def call(self, x):
            calls.append(self.name)
            return x

    def counted(network, name):
        inputs = {key: keras.Input(tensor.shape[1:], name=key) for key, tensor in network.input.items()}
        counting = Counting(name=f"{name}_counter")
        outputs = network({key: counting(tensor) for key, tensor in inputs.items()})
        return keras.Model(inputs, outputs)

    x, y = batch()
    model = everything(counted(student(), "student"), counted(teacher(), "teacher"))
    model.compile("sgd", run_eagerly=True)
    model.train_on_batch(x, y)  # builds
    calls.clear()
    model.train_on_batch(x, y)
    assert sorted(calls) == ["student_counter", "teacher_counter"]

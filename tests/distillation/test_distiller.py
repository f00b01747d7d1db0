"""The distillation loss, term by term, and what training may and may not touch."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import balanced_accuracy_score

from stressid_keras.config import StudentConfig
from stressid_keras.distillation import Distiller
from stressid_keras.modalities import PRIVILEGED
from stressid_keras.models import build_student
from stressid_keras.training.classifier import Classifier

# What Keras says of every data set whose length it did not know.
pytestmark = [pytest.mark.backend, pytest.mark.filterwarnings("ignore:Your input ran out of data")]

WEIGHTS = {"video": 1.0, "ecg": 0.5, "eda": 2.0, "rr": 0.25}
CONFIG = StudentConfig(backbone="statistics", filters=(4, 6), feature_size=10, dropout=0.0)
SAMPLES = 22  # not a multiple of the batch size


def new_student(seed=0, dropout=0.0):
    keras.utils.set_random_seed(seed)
    return build_student(
        3, 16, StudentConfig(backbone="statistics", filters=(4, 6), feature_size=10, dropout=dropout)
    )


@pytest.fixture(scope="module")
def data():
    generator = np.random.default_rng(0)
    x = {
        "audio": generator.random((SAMPLES, 30, 16, 1)).astype("float32"),
        "audio_size": np.tile([30, 16], (SAMPLES, 1)).astype("int32"),
        "teacher_features": {
            name: generator.normal(size=(SAMPLES, 10)).astype("float32") for name in PRIVILEGED
        },
    }
    return x, generator.integers(0, 3, SAMPLES).astype("int32")


def batches(data, batch_size=8, unknown_length=False):
    dataset = tf.data.Dataset.from_tensor_slices(data)
    if unknown_length:
        dataset = dataset.filter(lambda x, y: True)
    return dataset.batch(batch_size)


def compiled(model, learning_rate=0.01):
    model.compile(keras.optimizers.SGD(learning_rate))
    return model


def expected_terms(student, x, y, weights, sample_weight=None):
    """The terms by NumPy alone, from the student's outputs."""
    outputs = student({name: x[name] for name in student.input}, training=False)
    logits, feature = (
        keras.ops.convert_to_numpy(outputs[k]).astype("float64") for k in ("logits", "feature")
    )
    w = np.ones(len(y)) if sample_weight is None else sample_weight
    log_sum = np.log(np.exp(logits).sum(axis=1))
    terms = {"cross_entropy": np.mean(w * (log_sum - logits[np.arange(len(y)), y]))}
    for name in weights:
        errors = ((feature - x["teacher_features"][name]) ** 2).mean(axis=1)
        terms[f"mse_{name}"] = np.mean(w * errors)
    terms["loss"] = terms["cross_entropy"] + sum(weights[n] * terms[f"mse_{n}"] for n in weights)
    return terms


@pytest.mark.parametrize("unknown_length", [False, True])
def test_logged_terms_equal_numpy(data, unknown_length):
    """Over all windows, although the last batch is smaller and the length may be unknown."""
    student = new_student()
    model = compiled(Distiller(student, weights=WEIGHTS))
    found = model.evaluate(batches(data, unknown_length=unknown_length), verbose=0, return_dict=True)
    for name, value in expected_terms(student, *data, WEIGHTS).items():
        assert found[name] == pytest.approx(value, rel=1e-5), name


@pytest.mark.parametrize("unknown_length", [False, True])
def test_terms_logged_in_training_equal_numpy(data, unknown_length):
    """With a learning rate of zero and no batch statistics, training logs what evaluation does."""
    student = new_student()
    student.trainable = True
    for layer in student.layers:
        if "norm" in layer.name:
            layer.trainable = False
    weights = {0: 0.5, 1: 1.0, 2: 3.0}
    expected = expected_terms(student, *data, WEIGHTS, np.array([weights[c] for c in data[1]]))
    model = compiled(Distiller(student, weights=WEIGHTS), learning_rate=0.0)
    dataset = batches(data, unknown_length=unknown_length)
    history = model.fit(dataset, epochs=1, class_weight=weights, shuffle=False, verbose=0).history
    for name, value in expected.items():
        assert history[name][0] == pytest.approx(value, rel=1e-5), name


def test_uar_and_accuracy_equal_scikit_learn(data):
    x, y = data
    student = new_student()
    found = compiled(Distiller(student)).evaluate(batches(data), verbose=0, return_dict=True)
    logits = student({name: x[name] for name in student.input}, training=False)["logits"]
    predicted = keras.ops.convert_to_numpy(logits).argmax(axis=1)
    assert found["uar"] == pytest.approx(balanced_accuracy_score(y, predicted))
    assert found["accuracy"] == pytest.approx((y == predicted).mean())


def test_zero_weights_reproduce_the_control_exactly(data):
    """α = β = γ = δ = 0 is training with cross-entropy alone, bit for bit, dropout included."""
    curves, weights = [], []
    for build in (
        lambda student: Classifier(student),
        lambda student: Distiller(student, weights=dict.fromkeys(PRIVILEGED, 0.0)),
    ):
        student = new_student(dropout=0.3)
        model = build(student)
        model.compile(keras.optimizers.AdamW(0.01, weight_decay=1e-4))
        history = model.fit(batches(data), epochs=3, shuffle=False, verbose=0).history
        curves.append([history[name] for name in ("loss", "cross_entropy", "uar")])
        weights.append(student.get_weights())
    assert curves[0] == curves[1]
    for control, distilled in zip(*weights, strict=True):
        np.testing.assert_array_equal(control, distilled)


def test_distillation_pulls_the_feature_towards_the_teacher(data):
    model = compiled(Distiller(new_student(), weights=dict.fromkeys(PRIVILEGED, 1.0)), 0.05)
    history = model.fit(batches(data), epochs=8, shuffle=False, verbose=0).history
    assert history["mse_ecg"][-1] < history["mse_ecg"][0]


def live_data(small_teacher):
    generator = np.random.default_rng(0)
    x = {
        "audio": generator.random((6, 30, 16, 1)),
        "video": generator.random((6, 16, 12, 12, 3)),
        **{name: generator.uniform(-1, 1, (6, 12, 12, 1)) for name in ("ecg", "eda", "rr")},
    }
    x = {name: values.astype("float32") for name, values in x.items()}
    x |= {f"{name}_size": np.tile(v.shape[1:-1], (6, 1)).astype("int32") for name, v in x.items()}
    return x, generator.integers(0, 3, 6).astype("int32")


def test_teacher_does_not_move_in_distillation(small_teacher):
    teacher = keras.models.clone_model(small_teacher)
    teacher.set_weights(small_teacher.get_weights())
    student = new_student()
    before = [w.copy() for w in teacher.get_weights()], [w.copy() for w in student.get_weights()]
    model = compiled(Distiller(student, teacher, weights=WEIGHTS))
    model.fit(batches(live_data(teacher), 3), epochs=2, shuffle=False, verbose=0)
    for old, new in zip(before[0], teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert any((old != new).any() for old, new in zip(before[1], student.get_weights(), strict=True))
    teacher_variables = {id(v) for v in teacher.variables}
    assert not any(id(v) in teacher_variables for v in model.trainable_variables)


def test_live_teacher_equals_stored_features(small_teacher):
    x, y = live_data(small_teacher)
    teacher = keras.models.clone_model(small_teacher)  # the distiller freezes the one that it gets
    teacher.set_weights(small_teacher.get_weights())
    outputs = teacher({name: x[name] for name in teacher.input}, training=False)
    stored = {name: keras.ops.convert_to_numpy(outputs[name]) for name in PRIVILEGED}
    student = new_student()
    live = compiled(Distiller(student, teacher, weights=WEIGHTS))
    from_stored = compiled(Distiller(student, weights=WEIGHTS))
    a = live.evaluate(batches((x, y)), verbose=0, return_dict=True)
    b = from_stored.evaluate(batches(({**x, "teacher_features": stored}, y)), verbose=0, return_dict=True)
    assert a == pytest.approx(b, rel=1e-5)


def test_evaluation_moves_nothing(data):
    student = new_student()
    model = compiled(Distiller(student, weights=WEIGHTS))
    before = [w.copy() for w in student.get_weights()]
    model.evaluate(batches(data), verbose=0)
    for old, new in zip(before, student.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_distiller_survives_saving(data, small_teacher, tmp_path):
    model = compiled(Distiller(new_student(), weights=WEIGHTS))
    model.fit(batches(data), epochs=1, shuffle=False, verbose=0)
    model.save(tmp_path / "distiller.keras")
    loaded = keras.models.load_model(tmp_path / "distiller.keras", safe_mode=True)
    expected = model.evaluate(batches(data), verbose=0, return_dict=True)
    assert loaded.evaluate(batches(data), verbose=0, return_dict=True) == pytest.approx(expected)


def test_mistaken_weights_are_refused(small_teacher):
    with pytest.raises(ValueError, match="no output 'heart'; it has ecg, eda"):
        Distiller(new_student(), small_teacher, weights={"heart": 1.0})
    with pytest.raises(ValueError, match="expected 0 or more"):
        Distiller(new_student(), small_teacher, weights={"ecg": -1.0})


def test_features_of_another_width_are_refused(small_teacher):
    student = build_student(3, 16, StudentConfig(backbone="statistics", filters=(4,), feature_size=7))
    with pytest.raises(ValueError, match="10 dimensions and the student's 7"):
        Distiller(student, small_teacher, weights={"ecg": 1.0})

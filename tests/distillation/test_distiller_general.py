"""Any student, any teacher, and every switch of Keras's training."""

import keras
import numpy as np
import pytest

from stressid_keras.distillation import Distiller
from stressid_keras.distillation.methods import Relational, SoftTargets
from stressid_keras.errors import StressIDError
from stressid_keras.training.classifier import Classifier

pytestmark = pytest.mark.backend

BACKEND = keras.backend.backend()
WEIGHTS = {"face": 1.0, "heart": 0.5}


@keras.saving.register_keras_serializable("tests")
class SubclassedStudent(keras.Model):
    """Says nothing of its inputs or outputs before it is called."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.trunk = keras.layers.Dense(4, "tanh")
        self.head = keras.layers.Dense(3, name="scores")

    def call(self, x):
        embedding = self.trunk(x)
        return {"scores": self.head(embedding), "embedding": embedding}


@keras.saving.register_keras_serializable("tests")
class SubclassedTeacher(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.face, self.heart = keras.layers.Dense(5), keras.layers.Dense(2)

    def call(self, x):
        return {"face": self.face(x["privileged"]), "heart": self.heart(x["privileged"])}


def fitted(model, x, y, **options):
    model.compile(keras.optimizers.SGD(0.05), **options)
    history = model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history
    return history["loss"]


@pytest.mark.skipif(BACKEND != "tensorflow", reason="tracing is TensorFlow's")
@pytest.mark.parametrize("kind", [Classifier, Distiller])
def test_a_step_is_traced_once(student, batch, kind):
    """Twice, where the optimizer's variables come about in it: seconds at the start of each training."""

    class Counting(kind):
        traces = 0

        def train_step(self, *args, **kwargs):
            self.traces += 1
            return super().train_step(*args, **kwargs)

    x, y = batch()
    widths = {"weights": {"face": 1.0}, "teacher_widths": {"face": 4}} if kind is Distiller else {}
    model = Counting(student(), **widths)
    model.compile("adam")  # which has variables, as SGD has not
    model.fit(x, y, batch_size=5, epochs=2, verbose=0)
    assert model.traces == 1


def test_subclassed_networks_with_features_of_other_widths(batch, tmp_path):
    x, y = batch()
    model = Distiller(
        SubclassedStudent(),
        SubclassedTeacher(),
        WEIGHTS,
        projection="linear",
        feature="embedding",
        logits="scores",
        student_inputs="voice",
    )
    losses = fitted(model, x, y)
    assert losses[1] < losses[0]
    assert model.n_classes == 3
    assert set(model.predict(x, verbose=0)) == {"scores", "embedding"}
    model.save(tmp_path / "distiller.keras")
    loaded = keras.models.load_model(tmp_path / "distiller.keras")
    expected = model.evaluate(x, y, verbose=0, return_dict=True)
    assert loaded.evaluate(x, y, verbose=0, return_dict=True) == pytest.approx(expected, rel=1e-5)


def test_subclassed_student_learns_widths_from_stored_features(batch):
    x, y = batch(widths={"face": 5, "heart": 2})
    student = SubclassedStudent()
    model = Distiller(
        student,
        None,
        WEIGHTS,
        projection="hidden",
        feature="embedding",
        logits="scores",
        student_inputs="voice",
    )
    losses = fitted(model, x, y)
    assert losses[1] < losses[0]
    assert model.teacher_widths == {"face": 5, "heart": 2, "logits": 3}


def test_networks_that_take_and_return_one_tensor_share_their_logits(batch):
    x, y = batch()

    def classifier():
        return keras.Sequential([keras.Input((6,), name="voice"), keras.layers.Dense(3)])

    model = Distiller(classifier(), classifier(), terms=[SoftTargets(1.0)])
    losses = fitted(model, x["voice"], y)
    assert losses[1] < losses[0]
    assert fitted(Distiller(classifier(), classifier(), terms=[SoftTargets(1.0)]), x, y)  # also out of a dict


def test_networks_with_lists_of_inputs_and_outputs(batch):
    x, y = batch()
    a, b = keras.Input((6,), name="voice"), keras.Input((7,), name="privileged")
    feature = keras.layers.Dense(4, name="feature")(keras.layers.Concatenate()([a, b]))
    student = keras.Model([a, b], [keras.layers.Dense(3, name="logits")(feature), feature])
    losses = fitted(Distiller(student, weights=WEIGHTS), x, y)
    assert losses[1] < losses[0]


def test_features_of_other_widths_need_a_projection(student, teacher, batch):
    wide = {"face": 5, "heart": 4}
    with pytest.raises(StressIDError, match=r"'face' has 5 dimensions and the student's 4;.*projection"):
        Distiller(student(), teacher(wide), WEIGHTS)
    x, y = batch(widths=wide)
    stored = Distiller(student(), weights=WEIGHTS)
    stored.compile("sgd")
    with pytest.raises(StressIDError, match="projection"):
        stored.fit(x, y, verbose=0)
    Distiller(student(), teacher(wide), WEIGHTS, projection="linear")
    Distiller(student(), teacher(wide), terms=[Relational()])  # which compares no coordinates


def test_mistakes_are_named(student, teacher, batch):
    x, y = batch()
    with pytest.raises(StressIDError, match="no output 'eyes'; it has face, heart, logits"):
        Distiller(student(), teacher(), terms=[Relational(1.0, ("eyes",))])
    with pytest.raises(StressIDError, match="teacher has 4 classes and the student 3"):
        Distiller(student(), teacher({"face": 4}, 4), terms=[SoftTargets()])
    with pytest.raises(StressIDError, match="no output 'embedding'; it has feature, logits"):
        Distiller(student(), teacher(), WEIGHTS, feature="embedding")
    with pytest.raises(StressIDError, match="no statistics to standardise by; call adapt"):
        Distiller(student(), teacher(), WEIGHTS, standardised=True).fit(x, y)
    model = Distiller(student(), weights=WEIGHTS)
    model.compile("sgd", loss="mse")
    with pytest.raises(StressIDError, match="has its own loss"):
        model.fit(x, y, verbose=0)
    model = Distiller(student(), weights=WEIGHTS)
    model.compile("sgd")
    with pytest.raises(StressIDError, match="takes 'voice', which the batch lacks"):
        model.evaluate({"privileged": x["privileged"]}, y, verbose=0)
    with pytest.raises(StressIDError, match=r"expected its outputs in x\['teacher_features'\]"):
        model.evaluate({"voice": x["voice"]}, y, verbose=0)


def test_class_weights_are_sample_weights(student, batch):
    x, y = batch()
    weights = {0: 0.5, 1: 1.0, 2: 3.0}
    found = []
    for options in ({"class_weight": weights}, {"sample_weight": np.array([weights[c] for c in y])}):
        model = Distiller(student(), weights=WEIGHTS)
        model.compile(keras.optimizers.SGD(0.05))
        found.append(model.fit(x, y, epochs=2, shuffle=False, verbose=0, **options).history["loss"])
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_regularisers_of_the_student_count_once(student, teacher, batch):
    x, y = batch()
    rate = 0.1
    network = student(kernel_regularizer=keras.regularizers.L2(rate), activity_regularizer="l2")
    for layer in (frozen := teacher()).layers:
        layer.kernel_regularizer = keras.regularizers.L2(1.0)
        layer.activity_regularizer = keras.regularizers.L2(1.0)
    model = Distiller(network, frozen, WEIGHTS)
    model.compile(keras.optimizers.SGD(0.0))
    hidden = network.get_layer("hidden")
    kernel, bias = (keras.ops.convert_to_numpy(w) for w in hidden.weights)
    activity = np.tanh(x["voice"] @ kernel + bias)
    expected = rate * (kernel**2).sum() + 0.01 * (activity**2).sum() / len(y)  # Keras's share per sample
    for logs in (
        model.evaluate(x, y, batch_size=len(y), verbose=0, return_dict=True),
        model.train_on_batch(x, y, return_dict=True),
    ):
        terms = logs["cross_entropy"] + logs["mse_face"] + 0.5 * logs["mse_heart"]
        assert logs["loss"] - terms == pytest.approx(expected, rel=1e-4)


def test_metrics_of_compile_see_the_logits(student, batch):
    x, y = batch()
    model = Distiller(student(), weights=WEIGHTS)
    model.compile("sgd", metrics=[keras.metrics.SparseTopKCategoricalAccuracy(2, name="top2")])
    logits = model.predict(x, verbose=0)["logits"]
    expected = np.mean([label in row.argsort()[-2:] for row, label in zip(logits, y, strict=True)])
    assert model.evaluate(x, y, verbose=0, return_dict=True)["top2"] == pytest.approx(expected)


@pytest.mark.skipif(BACKEND == "torch", reason="Keras runs one step at a time on torch")
def test_several_steps_per_execution_are_the_same_steps(student, batch):
    x, y = batch(12)
    one = fitted(Distiller(student(), weights=WEIGHTS), x, y)
    assert fitted(Distiller(student(), weights=WEIGHTS), x, y, steps_per_execution=3) == pytest.approx(one)


def test_compiled_by_xla_is_the_same(student, batch):
    if BACKEND == "torch":
        pytest.skip("torch.compile takes a minute and a C++ compiler")
    x, y = batch(8)
    plain = fitted(Distiller(student(), weights=WEIGHTS), x, y)
    assert fitted(Distiller(student(), weights=WEIGHTS), x, y, jit_compile=True) == pytest.approx(
        plain, rel=1e-5
    )


def test_accumulated_gradients_are_those_of_the_larger_batch(student, batch):
    x, y = batch(8)
    found = []
    for size, steps in ((4, 2), (8, None)):
        network = student()
        model = Distiller(network, weights=WEIGHTS)
        model.compile(keras.optimizers.SGD(0.1, gradient_accumulation_steps=steps))
        model.fit(x, y, batch_size=size, epochs=2, shuffle=False, verbose=0)
        found.append(network.get_weights())
    for accumulated, larger in zip(*found, strict=True):
        np.testing.assert_allclose(accumulated, larger, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_trains_the_student_and_keeps_the_loss_whole(student, batch, policy):
    x, y = batch()
    keras.config.set_dtype_policy(policy)
    try:
        network = student()
    finally:
        keras.config.set_dtype_policy("float32")
    model = Distiller(network, weights=WEIGHTS, terms=[Relational(1.0)], projection="hidden")
    losses = fitted(model, x, y)
    assert losses[1] < losses[0]
    is_scaled = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert is_scaled == (policy == "mixed_float16")
    assert {v.dtype for term in model.terms for v in term.variables} == {"float32"}
    plain = fitted(Distiller(student(), weights=WEIGHTS, terms=[Relational(1.0)], projection="hidden"), x, y)
    assert losses[0] == pytest.approx(plain[0], rel=0.1)  # heads differ by their seeds' place


def test_classifier_takes_any_network(batch):
    x, y = batch()
    model = Classifier(SubclassedStudent(), logits="scores", inputs="voice")
    losses = fitted(model, x, y)
    assert losses[1] < losses[0]

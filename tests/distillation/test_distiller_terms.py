"""Every term of the loss against NumPy, and the loss against its terms."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stressid_keras.distillation import Distiller
from stressid_keras.distillation.methods import (
    Confidence,
    Contrastive,
    Imitation,
    MeasureRegression,
    Relational,
    SoftTargets,
    Standardization,
)

pytestmark = pytest.mark.backend

sizes = st.integers(1, 6)
seeds = st.integers(0, 1000)


def arrays(seed, *shapes):
    generator = np.random.default_rng(seed)
    return [generator.normal(size=shape) for shape in shapes]


def single(*numbers):
    return [keras.ops.convert_to_tensor(values, "float32") for values in numbers]


def found(term, student, teacher, labels):
    """A term's values of a batch, given as lists of arrays: logits and feature, logits and features."""
    student = dict(zip(("logits", "feature"), single(*student), strict=True))
    teacher = {name: single(values)[0] for name, values in teacher.items()}
    return keras.ops.convert_to_numpy(term.values(student, teacher, labels))


def log_softmax(x):
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@settings(max_examples=20)
@given(sizes, seeds, st.floats(0.5, 10))
def test_soft_targets_are_the_scaled_divergence(n, seed, temperature):
    s, t, f = arrays(seed, (n, 3), (n, 3), (n, 2))
    q, p = log_softmax(s / temperature), log_softmax(t / temperature)
    expected = temperature**2 * (np.exp(p) * (p - q)).sum(axis=1)
    rounding = 1e-6 + 5e-7 * temperature**2  # of float32 logarithms near 1, which the square raises
    np.testing.assert_allclose(
        found(SoftTargets(1.0, temperature), (s, f), {"logits": t}, None), expected, rtol=1e-4, atol=rounding
    )


def test_measures_are_regressed_and_missing_ones_are_left_out():
    term = MeasureRegression()
    term.prepare({"feature": 4}, {"eda_measures": 3, "ecg_measures": 2, "logits": 3, "eda": 4})
    f, eda, ecg = arrays(0, (5, 4), (5, 3), (5, 2))
    eda[0, 1], eda[1] = np.nan, np.nan
    kernels = {name: keras.ops.convert_to_numpy(head.kernel) for name, head in term.heads.items()}
    squares = {
        name: (f @ kernels[name] - x) ** 2 for name, x in (("eda_measures", eda), ("ecg_measures", ecg))
    }
    of_eda = np.array([0.0 if np.isnan(row).all() else np.nanmean(row) for row in squares["eda_measures"]])
    expected = (of_eda + squares["ecg_measures"].mean(axis=1)) / 2
    teacher = {"eda_measures": eda, "ecg_measures": ecg}
    np.testing.assert_allclose(found(term, (f[:, :3], f), teacher, None), expected, rtol=1e-4, atol=1e-5)


@settings(max_examples=20)
@given(sizes, seeds, st.floats(0.5, 10))
def test_imitation_is_the_cross_entropy_to_soft_labels(n, seed, temperature):
    s, t, f = arrays(seed, (n, 3), (n, 3), (n, 2))
    expected = -(np.exp(log_softmax(t / temperature)) * log_softmax(s)).sum(axis=1)
    np.testing.assert_allclose(
        found(Imitation(0.5, temperature), (s, f), {"logits": t}, None), expected, rtol=1e-4, atol=1e-5
    )


def relational(s, t):
    """By loops over pairs and triplets of different samples."""
    n = len(s)

    def huber(x):
        return 0.5 * x * x if abs(x) < 1 else abs(x) - 0.5

    def length(x):
        return np.sqrt((x**2).sum())

    def mean_distance(x):
        return np.mean([length(x[i] - x[j]) for i in range(n) for j in range(n) if i != j] or [1.0])

    def cosine(x, vertex, i, k):
        a, b = x[i] - x[vertex], x[k] - x[vertex]
        return a @ b / length(a) / length(b)

    values = np.zeros(n)
    for a in range(n):
        others = [i for i in range(n) if i != a]
        for i in others:
            difference = length(s[a] - s[i]) / mean_distance(s) - length(t[a] - t[i]) / mean_distance(t)
            values[a] += huber(difference) / len(others)
        angles = [(i, k) for i in others for k in others if i != k]
        for i, k in angles:
            values[a] += 2.0 * huber(cosine(s, a, i, k) - cosine(t, a, i, k)) / len(angles)
    return values


@settings(max_examples=20)
@given(sizes, seeds)
def test_relational_term_is_that_of_all_pairs_and_triplets(n, seed):
    s, t, u, logits = arrays(seed, (n, 3), (n, 5), (n, 2), (n, 3))
    expected = (relational(s, t) + relational(s, u)) / 2
    term = Relational()
    np.testing.assert_allclose(
        found(term, (logits, s), {"a": t, "b": u, "logits": logits}, None), expected, rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("n", [1, 2])
def test_relations_of_one_or_two_samples_agree_with_any(n):
    s, t, logits = arrays(0, (n, 3), (n, 5), (n, 3))
    np.testing.assert_allclose(found(Relational(), (logits, s), {"a": t}, None), np.zeros(n), atol=1e-6)


def test_equal_features_have_finite_relations():
    s, logits = np.ones((3, 2)), np.zeros((3, 3))
    (t,) = arrays(0, (3, 2))
    assert np.isfinite(found(Relational(), (logits, s), {"a": t}, None)).all()


@settings(max_examples=10)
@given(sizes, seeds, st.floats(0.05, 2))
def test_contrastive_term_tells_a_sample_from_its_batch(n, seed, temperature):
    s, t, logits = arrays(seed, (n, 3), (n, 5), (n, 3))
    term = Contrastive(1.0, temperature)
    term.prepare({"feature": 3, "logits": 3}, {"a": 5, "logits": 3})
    kernel, bias = (keras.ops.convert_to_numpy(w).astype("float64") for w in term.heads["a"].weights)
    projected = s @ kernel + bias
    a = projected / np.linalg.norm(projected, axis=1, keepdims=True)
    b = t / np.linalg.norm(t, axis=1, keepdims=True)
    expected = -np.diag(log_softmax(a @ b.T / temperature))
    np.testing.assert_allclose(found(term, (logits, s), {"a": t}, None), expected, rtol=1e-3, atol=1e-4)
    if n == 1:
        assert abs(expected[0]) < 1e-9


def test_confidence_is_the_teachers_probability_of_the_label():
    (logits,) = arrays(0, (4, 3))
    labels = np.array([0, 2, 1, 1])
    expected = np.exp(log_softmax(logits))[np.arange(4), labels]
    weights = Confidence.weights(single(logits)[0], labels)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(weights), expected, rtol=1e-5)


def test_standardised_features_have_mean_zero_and_deviation_one():
    (features,) = arrays(0, (50, 4))
    features = features * [1.0, 10.0, 0.1, 0.0] + [5.0, -3.0, 0.0, 2.0]
    layer = Standardization()
    layer.prepare(4)
    layer.adapt(features)
    out = keras.ops.convert_to_numpy(layer(single(features)[0]))
    np.testing.assert_allclose(out.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(out.std(axis=0), [1, 1, 1, 0], atol=1e-4)  # the last one never varies


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("unknown_length", [False, True])
def test_loss_of_everything_together_equals_numpy(student, batch, unknown_length):
    """Sample weights, a smaller last batch and an unknown length among it; terms of a batch are of their batch."""
    tf = pytest.importorskip("tensorflow")
    x, y = batch(10)
    w = np.linspace(0.5, 2.0, 10).astype("float32")
    network = student()
    model = Distiller(
        network,
        weights={"face": 2.0, "heart": 0.5},
        terms=[SoftTargets(3.0, 2.0), Imitation(0.25, 2.0), Relational(5.0)],
        confidence=True,
        standardised=True,
        label_smoothing=0.1,
    )
    model.adapt(x["teacher_features"])
    model.compile(keras.optimizers.SGD(0.0))
    dataset = tf.data.Dataset.from_tensor_slices((x, y, w))
    if unknown_length:
        dataset = dataset.filter(lambda *_: True)
    dataset = dataset.batch(4)
    expected = numpy_terms(network, x, y, w, 4)
    evaluated = model.evaluate(dataset, verbose=0, return_dict=True)
    trained = model.fit(dataset, verbose=0, shuffle=False).history
    for name, value in expected.items():
        assert evaluated[name] == pytest.approx(value, rel=1e-4), name
        assert trained[name][0] == pytest.approx(value, rel=1e-4), name


def numpy_terms(network, x, y, w, size):
    outputs = network({"voice": x["voice"]})
    s, f = (keras.ops.convert_to_numpy(outputs[name]).astype("float64") for name in ("logits", "feature"))
    t = x["teacher_features"]["logits"].astype("float64")
    features = {name: x["teacher_features"][name].astype("float64") for name in ("face", "heart")}
    features = {name: (v - v.mean(axis=0)) / v.std(axis=0) for name, v in features.items()}
    trust = np.exp(log_softmax(t))[np.arange(len(y)), y]
    target = np.eye(3)[y] * 0.9 + 0.1 / 3
    cross_entropy = -(target * log_softmax(s)).sum(axis=1)
    p, q = log_softmax(t / 2), log_softmax(s / 2)
    relations = np.zeros(len(y))
    for start in range(0, len(y), size):
        part = slice(start, start + size)
        relations[part] = np.mean([relational(f[part], v[part]) for v in features.values()], axis=0)
    terms = {f"mse_{name}": ((f - v) ** 2).mean(axis=1) for name, v in features.items()}
    terms["soft_targets"] = 4 * (np.exp(p) * (p - q)).sum(axis=1)
    terms["imitation"] = -(np.exp(p) * log_softmax(s)).sum(axis=1)
    terms["relational"] = relations
    weights = {"mse_face": 2.0, "mse_heart": 0.5, "soft_targets": 3.0, "imitation": 0.25, "relational": 5.0}
    loss = cross_entropy * (1 - 0.25 * trust) + sum(weights[n] * trust * v for n, v in terms.items())
    logged = {name: np.mean(w * trust * values) for name, values in terms.items()}
    return {**logged, "cross_entropy": np.mean(w * cross_entropy), "loss": np.mean(w * loss)}

"""On which samples the teacher is listened to; from the others the student learns by the label alone."""

import keras
import numpy as np
import pytest
from scipy.stats import kendalltau

from stressid_keras.config import DistillationConfig
from stressid_keras.distillation import Distiller, build_distiller, describe, with_methods
from stressid_keras.distillation.methods import Agreeing, Correct, Imitation, SoftTargets
from stressid_keras.errors import StressIDError

pytestmark = pytest.mark.backend


def counted(selection, student, teacher, labels):
    student, teacher = (keras.ops.convert_to_tensor(logits, "float32") for logits in (student, teacher))
    return keras.ops.convert_to_numpy(selection.counts(student, teacher, np.asarray(labels, "int32")))


def cross_entropies(logits, targets):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return -(targets * (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))).sum(axis=1)


def test_correct_is_where_the_teachers_most_likely_class_is_the_label():
    teacher = np.array([[2.0, 1, 0], [0, 1, 2], [0, 3, 1]])
    np.testing.assert_array_equal(counted(Correct(), np.zeros((3, 3)), teacher, [0, 0, 1]), [1, 0, 1])


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_agreeing_is_where_kendalls_rank_correlation_is_above_zero(classes):
    """Also where classes are equally likely, as in a forest for which no tree voted."""
    generator = np.random.default_rng(classes)
    student = generator.normal(size=(40, classes))
    teacher = np.maximum(generator.normal(size=(40, classes)), -0.5)
    expected = [kendalltau(s, t).statistic > 0 for s, t in zip(student, teacher, strict=True)]
    assert 5 < sum(expected) < 35
    np.testing.assert_array_equal(counted(Agreeing(), student, teacher, np.zeros(40)), expected)


@pytest.mark.parametrize("selections", [[Correct()], [Agreeing()], [Correct(), Agreeing()]])
def test_where_the_teacher_does_not_count_the_label_has_its_full_weight(student, batch, selections):
    x, y = batch(30)
    network = student()
    model = Distiller(
        network,
        terms=[Imitation(0.7)],
        selections=selections,
        teacher_widths={"logits": 3},
        label_smoothing=0.1,
    )
    model.compile(keras.optimizers.SGD(0.0))
    logits = keras.ops.convert_to_numpy(network({"voice": x["voice"]})["logits"]).astype("float64")
    said = x["teacher_features"]["logits"]
    counts = np.prod([counted(each, logits, said, y) for each in selections], axis=0)
    assert 0 < counts.sum() < len(y)
    hard = cross_entropies(logits, np.eye(3)[y] * 0.9 + 0.1 / 3)
    soft = cross_entropies(logits, np.exp(said) / np.exp(said).sum(axis=1, keepdims=True))
    expected = np.where(counts, 0.3 * hard + 0.7 * soft, hard).mean()
    found = model.evaluate(x, y, batch_size=30, verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(expected, rel=1e-4)
    assert found["imitation"] == pytest.approx((counts * soft).mean(), rel=1e-4)


def test_a_student_gets_no_gradient_from_how_it_ranks(student, batch):
    """What disagrees learns as if no teacher had said anything, and as if there were no term."""
    x, y = batch(6)
    outputs = keras.ops.convert_to_numpy(student()({"voice": x["voice"]})["logits"])
    x["teacher_features"]["logits"] = -outputs
    students = [student(), student()]
    for network, terms in zip(students, ([SoftTargets()], []), strict=True):
        model = Distiller(
            network, terms=terms, confidence=True, selections=[Agreeing()], teacher_widths={"logits": 3}
        )
        model.compile(keras.optimizers.SGD(0.5))
        model.train_on_batch(x, y)
    own_weights, other_weights = (network.get_weights() for network in students)
    for own, other in zip(own_weights, other_weights, strict=True):
        np.testing.assert_allclose(own, other, atol=1e-6)


def test_selections_are_saved_with_the_distiller(student, batch, tmp_path):
    x, y = batch()
    config = with_methods("logits+correct+agreeing", DistillationConfig())
    model = build_distiller(student(), config, {"logits": x["teacher_features"]["logits"]})
    assert [type(each) for each in model.selections] == [Correct, Agreeing]
    model.compile("sgd")
    model.train_on_batch(x, y)
    model.save(tmp_path / "distiller.keras")
    loaded = keras.models.load_model(tmp_path / "distiller.keras", safe_mode=True)
    assert [type(each) for each in loaded.selections] == [Correct, Agreeing]
    expected = model.evaluate(x, y, verbose=0, return_dict=True)
    assert loaded.evaluate(x, y, verbose=0, return_dict=True) == pytest.approx(expected, rel=1e-5)


def test_without_the_teachers_classes_nothing_can_be_selected(student, batch):
    config = with_methods("mars+correct", DistillationConfig(beta=0, gamma=0, delta=0))
    with pytest.raises(StressIDError, match="the teacher has no output 'logits'"):
        build_distiller(student(), config, {"video": np.zeros((4, 4), "float32")})


def test_the_labels_are_learnt_from_where_soft_labels_would_replace_them():
    assert describe(with_methods("generalised+correct", DistillationConfig(imitation=1.0))).learned_from == (
        "The student hears audio only and learned from the labels and the teacher's class probabilities."
    )

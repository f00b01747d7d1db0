import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import classification_metrics

NAMES = ("Low", "Medium", "High")


def one_hot(classes):
    return np.eye(3)[np.asarray(classes)]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30))
def test_scores_equal_scikit_learn(pairs):
    labels, predicted = np.transpose(pairs)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = classification_metrics(labels, one_hot(predicted), NAMES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of classes that only one side holds
        assert scores["balanced_accuracy"] == pytest.approx(
            reference.balanced_accuracy_score(labels, predicted)
        )
    assert scores["accuracy"] == reference.accuracy_score(labels, predicted)
    for average in ("macro", "weighted"):
        expected = reference.f1_score(labels, predicted, labels=[0, 1, 2], average=average, zero_division=0)
        assert scores[f"{average}_f1"] == pytest.approx(expected)
    assert (
        scores["confusion_matrix"] == reference.confusion_matrix(labels, predicted, labels=[0, 1, 2]).tolist()
    )
    assert scores["n_windows"] == len(pairs)
    for index, name in enumerate(NAMES):
        if index in predicted:
            expected = reference.precision_score(
                labels, predicted, labels=[index], average="macro", zero_division=0
            )
            assert scores[f"precision_{name}"] == pytest.approx(expected)
        else:
            assert scores[f"precision_{name}"] is None


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(6, 40))
def test_area_under_the_curve_equals_scikit_learn(seed, n):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([[0, 1, 2], rng.integers(3, size=n - 3)])
    probabilities = rng.dirichlet([1, 1, 1], size=n).round(2) + 1e-3  # with ties
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    scores = classification_metrics(labels, probabilities, NAMES)
    assert scores["auroc"] == pytest.approx(
        reference.roc_auc_score(labels, probabilities, multi_class="ovr", average="macro")
    )
    assert scores["auroc_High"] == pytest.approx(reference.roc_auc_score(labels == 2, probabilities[:, 2]))


def test_area_of_an_absent_class_is_none_and_does_not_enter_the_mean():
    scores = classification_metrics([0, 0, 2], [[0.8, 0.1, 0.1], [0.4, 0.1, 0.5], [0.1, 0.1, 0.8]], NAMES)
    assert [scores[f"auroc_{name}"] for name in NAMES] == [1.0, None, 1.0]
    assert scores["auroc"] == 1.0
    assert classification_metrics([1, 1], np.full((2, 3), 1 / 3), NAMES)["auroc"] is None


def test_recall_of_an_absent_class_is_none_and_does_not_enter_the_uar():
    scores = classification_metrics([0, 0, 2, 2], one_hot([0, 1, 2, 2]), NAMES)
    assert [scores[f"recall_{name}"] for name in NAMES] == [0.5, None, 1.0]
    assert scores["balanced_accuracy"] == 0.75
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 0 + 1) / 3)


def test_confusion_matrix_has_true_classes_in_rows():
    assert classification_metrics([0, 1], one_hot([2, 2]), NAMES)["confusion_matrix"] == [
        [0, 0, 1],
        [0, 0, 1],
        [0, 0, 0],
    ]


@pytest.mark.parametrize(
    ("labels", "probabilities", "said"),
    [
        ([], np.empty((0, 3)), "no windows"),
        ([0, 1], one_hot([0]), "do not fit"),
        ([0], np.eye(2)[[0]], "do not fit"),
        ([3], one_hot([0]), "a label is 3"),
        ([0], np.array([[np.nan, 0, 1]]), "NaN"),
    ],
)
def test_unusable_input_is_refused(labels, probabilities, said):
    with pytest.raises(StressIDError, match=said):
        classification_metrics(labels, probabilities, NAMES)

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import aggregate_recordings, classification_metrics, predictions_table

NAMES = ("Low", "Medium", "High")


def one_hot(classes):
    return np.eye(3)[np.asarray(classes)]


@settings(max_examples=40, deadline=None)
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


def windows_of_two_recordings(labels):
    rows = pd.DataFrame(
        {
            "recording": ["s_Math", "s_Relax", "s_Math"],
            "subject": "s",
            "task": ["Math", "Relax", "Math"],
            "window": [0, 0, 1],
            "label": labels,
        }
    )
    return predictions_table("student", "test", rows, [[0.6, 0.4, 0], [0, 0, 1], [0.1, 0.5, 0.4]], NAMES)


def test_a_recording_gets_the_mean_probability_of_its_windows():
    recordings = aggregate_recordings(windows_of_two_recordings([1, 2, 1]))
    assert recordings["recording"].tolist() == ["s_Math", "s_Relax"]
    assert recordings["n_windows"].tolist() == [2, 1]
    assert recordings["predicted"].tolist() == [1, 2]
    np.testing.assert_allclose(recordings[["p_Low", "p_Medium", "p_High"]], [[0.35, 0.45, 0.2], [0, 0, 1]])


def test_a_recording_with_two_labels_is_refused():
    with pytest.raises(StressIDError, match="s_Math has windows with different labels"):
        aggregate_recordings(windows_of_two_recordings([1, 2, 0]))

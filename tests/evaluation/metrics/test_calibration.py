import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from stressid_keras.evaluation.metrics.calibration import brier_score, expected_calibration_error, reliability


def two_classes(confidence, right):
    """Probabilities of class 0, which is said every time, and labels that make it right or not."""
    confidence = np.asarray(confidence, dtype=float)
    return np.where(right, 0, 1), np.stack([confidence, 1 - confidence], axis=1)


def test_error_is_the_weighted_gap_of_the_bins():
    labels, probabilities = two_classes([0.95] * 4 + [0.65] * 2, [1, 1, 1, 0, 1, 0])
    assert expected_calibration_error(labels, probabilities) == pytest.approx(
        (4 * abs(0.95 - 0.75) + 2 * abs(0.65 - 0.5)) / 6
    )


def test_probabilities_that_are_right_as_often_as_they_say_have_almost_none():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, size=20_000)
    labels, probabilities = two_classes(confidence, rng.random(20_000) < confidence)
    assert expected_calibration_error(labels, probabilities) < 0.015


def test_certain_and_wrong_is_the_worst():
    labels, probabilities = two_classes([1.0, 1.0], [0, 0])
    assert expected_calibration_error(labels, probabilities) == 1
    assert brier_score(labels, probabilities) == 2


def test_every_window_is_in_one_bin():
    labels, probabilities = two_classes([0.5, 0.6, 0.600001, 1.0], [1, 1, 1, 1])
    confidences, accuracies, counts = reliability(labels, probabilities)
    assert counts.tolist() == [0, 0, 0, 0, 1, 1, 1, 0, 0, 1]
    assert np.isnan(confidences[0])
    assert accuracies[4] == 1


def test_brier_of_two_classes_is_twice_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    confidence = rng.random(50)
    labels, probabilities = two_classes(confidence, rng.random(50) < 0.5)
    assert brier_score(labels, probabilities) == pytest.approx(2 * brier_score_loss(labels == 0, confidence))

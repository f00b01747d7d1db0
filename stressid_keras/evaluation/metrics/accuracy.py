"""Accuracy: the share of windows with the right class."""

import numpy as np
from sklearn.metrics import accuracy_score

from stressid_keras.evaluation.metrics.metric import METRICS, Answers, Metric


def accuracy(answers: Answers) -> float:
    return float(accuracy_score(answers.labels, answers.predicted))


def _of_counts(confusions: np.ndarray) -> np.ndarray:
    return np.trace(confusions, axis1=-2, axis2=-1) / confusions.sum(axis=(-2, -1))


METRICS.register(
    Metric(
        "accuracy",
        "accuracy",
        place=10,
        meaning="share of windows with the right class (scikit-learn's `accuracy_score`)",
        of=accuracy,
        of_counts=_of_counts,
    )
)

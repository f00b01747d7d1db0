"""Recall and precision of each class."""

import numpy as np
from sklearn.metrics import precision_score, recall_score

from stressid_keras.evaluation.metrics.metric import METRICS, Answers, Metric


def recalls(answers: Answers) -> np.ndarray:
    """(k,); NaN of a class that no window has."""
    return _by_class(recall_score, answers)


def precisions(answers: Answers) -> np.ndarray:
    """(k,); NaN of a class that is never predicted."""
    return _by_class(precision_score, answers)


def _by_class(score, answers: Answers) -> np.ndarray:
    return score(
        answers.labels, answers.predicted, labels=answers.classes, average=None, zero_division=np.nan
    )


METRICS.register(
    Metric(
        "recall_<class>",
        "recall",
        place=100,
        meaning="recall; null if no window has the class",
        of=recalls,
        nullable=True,
    )
)
METRICS.register(
    Metric(
        "precision_<class>",
        "precision",
        place=110,
        meaning="precision; null if the class is never predicted",
        of=precisions,
        nullable=True,
    )
)

"""Unweighted average recall, also called balanced accuracy: every class counts alike, however rare it is."""

import numpy as np

from stressid_keras.evaluation.metrics.counts import hits, share
from stressid_keras.evaluation.metrics.metric import METRICS, Answers, Metric
from stressid_keras.evaluation.metrics.per_class import recalls


def balanced_accuracy(answers: Answers) -> float:
    """Mean recall over the classes that the labels hold."""
    return float(np.nanmean(recalls(answers)))


def _of_counts(confusions: np.ndarray) -> np.ndarray:
    support = confusions.sum(axis=-1)
    return share(hits(confusions), support).sum(axis=-1) / (support > 0).sum(axis=-1)


METRICS.register(
    Metric(
        "balanced_accuracy",
        "UAR",
        place=20,
        meaning="mean recall over the classes that occur: unweighted average recall, UAR (`recall_score`)",
        of=balanced_accuracy,
        of_counts=_of_counts,
        compared=True,
    )
)

"""F1 scores over all classes: a class that is neither held nor predicted counts 0."""

import numpy as np
from sklearn.metrics import f1_score

from stressid_keras.evaluation.metrics.counts import hits, share
from stressid_keras.evaluation.metrics.metric import METRICS, Answers, Metric


def macro_f1(answers: Answers) -> float:
    return _averaged(answers, "macro")


def weighted_f1(answers: Answers) -> float:
    return _averaged(answers, "weighted")


def _averaged(answers: Answers, average: str) -> float:
    return float(
        f1_score(answers.labels, answers.predicted, labels=answers.classes, average=average, zero_division=0)
    )


def _macro_of_counts(confusions: np.ndarray) -> np.ndarray:
    return _f1(confusions).mean(axis=-1)


def _weighted_of_counts(confusions: np.ndarray) -> np.ndarray:
    support = confusions.sum(axis=-1)
    return (_f1(confusions) * support).sum(axis=-1) / support.sum(axis=-1)


def _f1(confusions: np.ndarray) -> np.ndarray:
    return share(2 * hits(confusions), confusions.sum(axis=-1) + confusions.sum(axis=-2))


METRICS.register(
    Metric(
        "macro_f1",
        "macro F1",
        place=30,
        meaning="mean F1 over all classes; one that neither occurs nor is predicted counts 0 (`f1_score`). The main "
        "score",
        of=macro_f1,
        of_counts=_macro_of_counts,
        compared=True,
    )
)
METRICS.register(
    Metric(
        "weighted_f1",
        "weighted F1",
        place=40,
        meaning="mean F1, classes weighted by their windows",
        of=weighted_f1,
        of_counts=_weighted_of_counts,
    )
)

"""Area under the receiver operating characteristic, one class versus the rest."""

import numpy as np
from sklearn.metrics import roc_auc_score

from stressid_keras.evaluation.metrics.metric import METRICS, Answers, Metric


def aurocs(answers: Answers) -> np.ndarray:
    """(k,); NaN of a class that all windows have, or none."""
    return np.array(
        [_auroc(answers.labels == index, column) for index, column in enumerate(answers.probabilities.T)]
    )


def auroc(answers: Answers) -> float | None:
    """Mean over the classes; None if it is defined for none."""
    found = aurocs(answers)
    return float(np.nanmean(found)) if np.isfinite(found).any() else None


def _auroc(is_class: np.ndarray, probability: np.ndarray) -> float:
    if is_class.all() or not is_class.any():
        return float("nan")
    return float(roc_auc_score(is_class, probability))


METRICS.register(
    Metric(
        "auroc",
        "AUROC",
        place=60,
        meaning="mean of `auroc_<class>`; null if none is defined",
        of=auroc,
        on_card=True,
        nullable=True,
        reading="AUROC is one class versus the rest",
        of_floors="0.5 for a rule that gives every window the same answer",
    )
)
METRICS.register(
    Metric(
        "auroc_<class>",
        "AUROC",
        place=120,
        meaning="area under the receiver operating characteristic, class versus rest (`roc_auc_score`); null if all "
        "windows have the class, or none",
        of=aurocs,
        nullable=True,
    )
)

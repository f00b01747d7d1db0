"""Scores of probabilities against labels, by scikit-learn, as plain JSON types."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.calibration import brier_score, expected_calibration_error

SCALAR_METRICS = ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1")


def classification_metrics(
    labels: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str]
) -> dict[str, float | int | list | None]:
    """Scores of the most probable class; ties go to the lower class.

    Args:
        labels: (n,) integers in [0, k).
        probabilities: (n, k).
        class_names: k names, in the order of the integers.

    Returns:
        `accuracy`; `balanced_accuracy`, the mean recall over the classes that `labels` holds (unweighted
        average recall, UAR); `macro_f1` and `weighted_f1` over all k classes, a class that is neither held
        nor predicted counting 0; `recall_<ClassName>`, None for a class that `labels` does not hold;
        `precision_<ClassName>`, None for a class that is never predicted; `auroc_<ClassName>`, one class versus
        the rest, None if `labels` holds only one of both, and `auroc`, their mean; `calibration_error` and
        `brier` (see `calibration`); `confusion_matrix`, k rows (true) of k counts (predicted); `n_windows`.

    Raises:
        StressIDError: no windows, shapes that do not fit, a label outside [0, k), a NaN.
    """
    labels, probabilities = _checked(labels, probabilities, len(class_names))
    predicted = probabilities.argmax(axis=1)
    classes = list(range(len(class_names)))
    recalls, precisions = (
        score(labels, predicted, labels=classes, average=None, zero_division=np.nan)
        for score in (recall_score, precision_score)
    )
    aurocs = [_auroc(labels == index, column) for index, column in enumerate(probabilities.T)]
    f1 = {
        average: f1_score(labels, predicted, labels=classes, average=average, zero_division=0)
        for average in ("macro", "weighted")
    }
    return {
        "n_windows": len(labels),
        "accuracy": float(accuracy_score(labels, predicted)),
        "balanced_accuracy": float(np.nanmean(recalls)),
        "macro_f1": float(f1["macro"]),
        "weighted_f1": float(f1["weighted"]),
        "auroc": float(np.nanmean(aurocs)) if np.isfinite(aurocs).any() else None,
        "calibration_error": expected_calibration_error(labels, probabilities),
        "brier": brier_score(labels, probabilities),
        **{
            f"{score}_{name}": None if np.isnan(value) else float(value)
            for score, values in (("recall", recalls), ("precision", precisions), ("auroc", aurocs))
            for name, value in zip(class_names, values, strict=True)
        },
        "confusion_matrix": confusion_matrix(labels, predicted, labels=classes).tolist(),
    }


def within_task_balanced_accuracy(predictions: pd.DataFrame) -> float | None:
    """Mean over the tasks of the balanced accuracy within the task: what is left when the task gives nothing away.

    Args:
        predictions: `task`, `label` and `predicted` of one model on one split.

    Returns:
        None if no task has windows of two classes: then a task's name says everything.
    """
    scores = []
    for _, rows in predictions.groupby("task"):
        if rows["label"].nunique() > 1:
            scores.append(recall_by_class(rows).mean())
    return float(np.mean(scores)) if scores else None


def recall_by_class(predictions: pd.DataFrame) -> pd.Series:
    """Of the classes that the rows hold: the share of right answers."""
    return (predictions["label"] == predictions["predicted"]).groupby(predictions["label"]).mean()


def aggregate_recordings(predictions: pd.DataFrame) -> pd.DataFrame:
    """One row per model and recording: the mean of its windows' probabilities, and the class they favour.

    Args:
        predictions: a table of `predictions_table`, or several of them together.

    Returns:
        The same columns, with `n_windows` in the place of `window`, in the order of first appearance; with `repeat` and
        `fold`, one row for each of them.

    Raises:
        StressIDError: the windows of a recording carry different labels.
    """
    probability_names = [name for name in predictions if name.startswith("p_")]
    keys = ["recording", "model", "split", "subject", "task"]
    keys += [name for name in ("repeat", "fold") if name in predictions]
    groups = predictions.groupby(keys, sort=False)
    mixed = groups["label"].nunique() > 1
    if mixed.any():
        recording = mixed[mixed].index[0][0]
        raise StressIDError(f"{recording} has windows with different labels; expected one label a recording.")
    table = groups.agg(n_windows=("window", "size"), label=("label", "first"))
    means = groups[probability_names].mean()
    table["predicted"] = means.to_numpy().argmax(axis=1)
    return table.join(means).reset_index()


def _auroc(is_class: np.ndarray, probability: np.ndarray) -> float:
    if is_class.all() or not is_class.any():
        return float("nan")
    return float(roc_auc_score(is_class, probability))


def _checked(labels, probabilities, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    labels, probabilities = np.asarray(labels), np.asarray(probabilities)
    if len(labels) == 0:
        raise StressIDError("there are no windows to score; expected at least one.")
    expected = (len(labels), n_classes)
    if labels.ndim != 1 or probabilities.shape != expected:
        raise StressIDError(
            f"labels of shape {labels.shape} and probabilities of shape {probabilities.shape} do not fit; "
            f"expected {expected[:1]} and {expected}."
        )
    if not np.isfinite(probabilities).all():
        raise StressIDError("probabilities hold NaN or infinity; expected finite numbers.")
    outside = labels[(labels < 0) | (labels >= n_classes)]
    if outside.size:
        raise StressIDError(f"a label is {outside[0]}; expected integers from 0 to {n_classes - 1}.")
    return labels, probabilities

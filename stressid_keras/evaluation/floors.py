"""Scores that need no recording: what a model must beat before its number means anything."""

import numpy as np
import pandas as pd

from stressid_keras.errors import StressIDError

# key in metrics.json: name on the page
FLOORS = {"majority": "majority", "prior": "prior", "task_lookup": "task lookup"}


def floor_predictions(train: pd.DataFrame, test: pd.DataFrame, n_classes: int) -> dict[str, np.ndarray]:
    """Predictions by rules that are fitted on the training rows alone.

    Args:
        train: the training windows' `task` and `label`.
        test: the windows to predict; of their columns only `task` is read.
        n_classes: k.

    Returns:
        Probabilities (len(test), k): of `prior`, the class shares of the training rows; and one-hot those of
        `majority`, the most frequent class of the training rows, and of `task_lookup`, the most frequent class of the
        training rows of the same task, or the majority where training holds none. Ties go to the lower class.

    Raises:
        StressIDError: no training rows, or a label outside [0, k).
    """
    if train.empty:
        raise StressIDError("there are no training windows to fit the floors on; expected at least one.")
    labels = train["label"].to_numpy(dtype=np.int64)
    if labels.min() < 0 or labels.max() >= n_classes:
        raise StressIDError(f"a training label lies outside 0 to {n_classes - 1}.")
    majority = most_frequent(labels)
    by_task = {task: most_frequent(rows.to_numpy()) for task, rows in train.groupby("task")["label"]}
    predicted = {
        "majority": [majority] * len(test),
        "task_lookup": [by_task.get(task, majority) for task in test["task"]],
    }
    shares = np.bincount(labels, minlength=n_classes) / len(labels)
    one_hot = np.eye(n_classes)
    return {
        "prior": np.tile(shares, (len(test), 1)),
        **{name: one_hot[np.asarray(classes, dtype=np.int64)] for name, classes in predicted.items()},
    }


def most_frequent(labels: np.ndarray) -> int:
    """The most frequent of (n,) non-negative integers, the lowest of those in a tie."""
    return int(np.bincount(labels).argmax())

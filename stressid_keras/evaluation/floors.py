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
    labels = train["label"].to_numpy(dtype=np.int64)
    shares = {
        "prior": lookup_shares(np.zeros(len(train)), labels, np.zeros(len(test)), n_classes),
        "task_lookup": lookup_shares(train["task"], labels, test["task"], n_classes),
    }
    certain = {"majority": shares["prior"], "task_lookup": shares["task_lookup"]}
    one_hot = np.eye(n_classes)
    return {
        "prior": shares["prior"],
        **{name: one_hot[found.argmax(axis=1)] for name, found in certain.items()},
    }


def lookup_shares(train_keys, train_labels, test_keys, n_classes: int) -> np.ndarray:
    """The class shares of the training rows with the same key, or those of all training rows where there are none.

    Args:
        train_keys: (n,) what a training row is looked up by.
        train_labels: (n,) integers in [0, k).
        test_keys: (m,).
        n_classes: k.

    Returns:
        (m, k). The first greatest is the most frequent class, of a tie the lowest.

    Raises:
        StressIDError: no training rows, or a label outside [0, k).
    """
    labels = np.asarray(train_labels, dtype=np.int64)
    if not len(labels):
        raise StressIDError("there are no training windows to fit the floors on; expected at least one.")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise StressIDError(f"a training label lies outside 0 to {n_classes - 1}.")
    by_key = pd.Series(labels).groupby(np.asarray(train_keys))
    found = {key: _shares(rows.to_numpy(), n_classes) for key, rows in by_key}
    everywhere = _shares(labels, n_classes)
    return np.array([found.get(key, everywhere) for key in test_keys]).reshape(-1, n_classes)


def _shares(labels: np.ndarray, n_classes: int) -> np.ndarray:
    return np.bincount(labels, minlength=n_classes) / len(labels)

"""Macro F1 of deployment windows, aggregated to the windows that were trained on."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from stressid_keras.evaluation.intervals import bootstrap_interval
from stressid_keras.evaluation.metrics import classification_metrics
from stressid_keras.evaluation.predictions import predictions_table, probabilities_of


def aggregated_table(
    rows: Sequence[pd.Series], owners: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str]
) -> pd.DataFrame | None:
    """A predictions table with a row per training window, the mean over its deployment windows; None without any.

    Args:
        rows: manifest rows of the training windows.
        owners: (n,) position in `rows` of each deployment window.
        probabilities: (n, classes).
    """
    if not len(owners):
        return None
    used, places = np.unique(owners, return_inverse=True)
    means = np.zeros((len(used), len(class_names)))
    np.add.at(means, places, probabilities)
    means /= np.bincount(places, minlength=len(used))[:, None]
    return predictions_table("student", "test", pd.DataFrame([rows[i] for i in used]), means, class_names)


def macro_f1(table: pd.DataFrame | None, class_names: Sequence[str]) -> dict:
    """`macro_f1`, `macro_f1_interval` over subjects (None with a single one), `subjects` and `training_windows`."""
    if table is None:
        return {"macro_f1": None, "macro_f1_interval": None, "subjects": 0, "training_windows": 0}
    scores = classification_metrics(
        table["label"].to_numpy(), probabilities_of(table, class_names), class_names
    )
    interval = bootstrap_interval(table, "macro_f1")
    return {
        "macro_f1": scores["macro_f1"],
        "macro_f1_interval": None if math.isnan(interval[0]) else list(interval),
        "subjects": int(table["subject"].nunique()),
        "training_windows": len(table),
    }

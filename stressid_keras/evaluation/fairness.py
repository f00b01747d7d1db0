"""Whether a model serves one group of people as well as another."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stressid_keras.evaluation.demographics import NOT_STATED
from stressid_keras.evaluation.intervals import (
    CONFIDENCE,
    RESAMPLES,
    bootstrap_interval,
    counted,
    draw_counts,
    expanded_tail,
    resample_subjects,
    subject_confusions,
)
from stressid_keras.evaluation.metrics import MAIN, classification_metrics, counted_metrics
from stressid_keras.evaluation.predictions import probabilities_of


def group_scores(
    predictions: pd.DataFrame, groups: pd.Series, class_names: Sequence[str], seed: int
) -> dict[str, dict]:
    """Scores by group of subjects, on the test windows.

    A macro F1 counts a class that a group does not hold as 0, and depends on how its classes are shared out: compare
    groups whose `class_counts` are alike, or their balanced accuracies.

    Args:
        predictions: tables of `predictions_table`; of them the rows whose split is "test".
        groups: group of each subject, by subject (`read_demographics(...).set_index("subject")["group"]`); a subject
            that it lacks is "not stated".
        class_names: k names.
        seed: of the bootstrap.

    Returns:
        By model, `groups` and `difference`. `groups` holds by name, the largest first and "not stated" last, the
        counted metrics, `macro_f1_interval` ([low, high] over subjects; None with a single one),
        `n_subjects`, `n_windows` and `class_counts`. `difference` is between the two largest groups that are stated:
        `first`, `second`, `metric` and what `group_difference` gives; None where there are no two groups of at least
        two subjects.
    """
    test = predictions[predictions["split"] == "test"]
    names = test["subject"].map(groups).astype(object)
    test = test.assign(group=names.where(names.notna(), NOT_STATED).astype(str))
    return {
        str(model): _of_model(rows, class_names, seed) for model, rows in test.groupby("model", sort=False)
    }


def group_difference(first: pd.DataFrame, second: pd.DataFrame, seed: int) -> dict[str, float]:
    """How much better a model is for one group than for another.

    The interval resamples the subjects of either group independently (they are other people, so nothing is paired:
    Efron and Tibshirani 1993, ch. 8) and is expanded as in `bootstrap_interval`, for the smaller group. In simulations
    of equal groups (6 windows a subject, subjects that differ, 400 data sets) it held 0 in .96, .94, .96, .96 and .95
    of them with 4 and 4, 4 and 20, 8 and 8, 12 and 12, 26 and 26 subjects.

    Args:
        first, second: one model on one split, rows of `predictions_table`, of at least two subjects each.
        seed: of the draws.

    Returns:
        `difference`, the macro F1 of the first minus that of the second; `low` and `high`.
    """
    metric, resampled = counted(MAIN), []
    confusions = [subject_confusions(rows) for rows in (first, second)]
    for stream, of_subjects in enumerate(confusions):
        # Two seeds: with one, groups of equal size would be drawn alike.
        draws = resample_subjects(len(of_subjects), RESAMPLES, [seed, stream])
        counts = draw_counts(draws, len(of_subjects))
        resampled.append(metric(np.einsum("rs,sij->rij", counts, of_subjects, optimize=True)))
    tail = expanded_tail(min(map(len, confusions)), CONFIDENCE)
    low, high = np.quantile(resampled[0] - resampled[1], [tail, 1 - tail])
    found = [float(metric(of_subjects.sum(axis=0))) for of_subjects in confusions]
    return {"difference": found[0] - found[1], "low": float(low), "high": float(high)}


def _of_model(rows: pd.DataFrame, class_names: Sequence[str], seed: int) -> dict:
    sizes = rows.groupby("group")["subject"].nunique()
    order = sorted(sizes.index, key=lambda name: (name == NOT_STATED, -sizes[name], name))
    parts = {name: rows[rows["group"] == name] for name in order}
    compared = [name for name in order if name != NOT_STATED and sizes[name] > 1][:2]
    return {
        "groups": {name: _scores(part, class_names, seed) for name, part in parts.items()},
        "difference": _named_difference(parts, *compared, seed) if len(compared) == 2 else None,
    }


def _scores(rows: pd.DataFrame, class_names: Sequence[str], seed: int) -> dict:
    found = classification_metrics(rows["label"], probabilities_of(rows, class_names), class_names)
    interval = bootstrap_interval(rows, MAIN, seed=seed)
    counts = np.bincount(rows["label"], minlength=len(class_names))
    return {
        **{name: found[name] for name in counted_metrics()},
        f"{MAIN}_interval": [None if np.isnan(end) else end for end in interval],
        "n_subjects": int(rows["subject"].nunique()),
        "n_windows": len(rows),
        "class_counts": {name: int(n) for name, n in zip(class_names, counts, strict=True)},
    }


def _named_difference(parts: dict[str, pd.DataFrame], first: str, second: str, seed: int) -> dict:
    found = group_difference(parts[first], parts[second], seed)
    return {"first": first, "second": second, "metric": MAIN} | found

"""Scores of models that differ in one thing, each beside the model that it is compared with."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.comparisons import compare_models
from stressid_keras.evaluation.intervals import counted, subject_confusions
from stressid_keras.provenance import atomic_path
from stressid_keras.reporting.tables import interval, number, scored_models, signed, signed_interval

CONTROL = "student_ce"
COMPARED = ("difference", "low", "high", "p_value", "subjects_needed")
SCORE_HEADER = ("macro F1", "[95% interval]", "UAR")


def variant_rows(
    predictions: pd.DataFrame, metrics: dict, names: dict[str, str], reference: str = CONTROL
) -> list[dict]:
    """A row per model: its scores, and their differences to those of the reference.

    Args:
        predictions: test rows of all folds, with `repeat` and `fold`.
        metrics: what `score_folds` says of them.
        names: what to call each model, in the order of the rows.
        reference: the model that the others are compared with.

    Returns:
        `model`; `name`; `macro_f1` and `balanced_accuracy`, each with its `_low` and `_high`; `macro_f1_sd`, the
        standard deviation (n - 1) of the macro F1 over the repeats, each of a seed of its own; of the macro F1 against
        the reference `difference`, `low`, `high`, `p_value` and `subjects_needed`, of the balanced accuracy the same
        after `uar_`; `difference_by_seed`, that of the macro F1 in each repeat alone, and `difference_sd`, the standard
        deviation of these. Differences are None for the reference itself, deviations for a single repeat.

    Raises:
        StressIDError: one of the models is missing.
    """
    scores, seed = dict(scored_models(metrics, "test")), metrics["protocol"]["seed"]
    for model in (reference, *names):
        if model not in scores:
            raise StressIDError(f"the predictions hold no {model}; expected it beside the others.")
    beside = predictions[predictions["model"] == reference]
    theirs, rows = _by_repeat(beside), []
    for model, name in names.items():
        own = predictions[predictions["model"] == model]
        by_repeat = _by_repeat(own)
        row = {"model": model, "name": name}
        for metric in ("macro_f1", "balanced_accuracy"):
            low, high = scores[model][f"{metric}_interval"]
            row |= {metric: scores[model][metric], f"{metric}_low": low, f"{metric}_high": high}
        row["macro_f1_sd"] = _deviation(by_repeat.values())
        row |= _differences(None if model == reference else own, beside, seed)
        differences = {} if model == reference else {n: f1 - theirs[n] for n, f1 in by_repeat.items()}
        row["difference_by_seed"] = {str(seed + n): each for n, each in differences.items()} or None
        row["difference_sd"] = _deviation(differences.values())
        rows.append(row)
    return rows


def score_cells(row: dict) -> tuple[str, ...]:
    """Texts under `SCORE_HEADER`."""
    ends = [row["macro_f1_low"], row["macro_f1_high"]]
    return number(row["macro_f1"]), interval(ends), number(row["balanced_accuracy"])


def difference_cells(row: dict) -> tuple[str, str, str]:
    """Difference, its interval and its p value."""
    return signed(row["difference"]), signed_interval(row["low"], row["high"]), number(row["p_value"])


def write_rows(path: Path, rows: list[dict]) -> None:
    """As CSV, what is given by seed in a column for each."""
    flat = []
    for row in rows:
        flat.append({})
        for key, value in row.items():
            by_seed = value if isinstance(value, dict) else {}
            flat[-1] |= {
                f"{key.removesuffix('_by_seed')}_seed{seed}": found for seed, found in by_seed.items()
            }
            flat[-1] |= {} if key.endswith("_by_seed") else {key: value}
    with atomic_path(path) as temporary:
        pd.DataFrame(flat).to_csv(temporary, index=False)


def _differences(rows: pd.DataFrame | None, reference: pd.DataFrame, seed: int) -> dict:
    row = {}
    for metric, prefix in (("macro_f1", ""), ("balanced_accuracy", "uar_")):
        found = {} if rows is None else compare_models(rows, reference, metric, seed=seed)
        row |= {f"{prefix}{key}": found.get(key) for key in COMPARED}
    return row


def _by_repeat(rows: pd.DataFrame) -> dict[int, float]:
    """Macro F1 of each repeat."""
    confusions = {repeat: subject_confusions(some).sum(axis=0) for repeat, some in rows.groupby("repeat")}
    return {repeat: float(counted("macro_f1")(confusion)) for repeat, confusion in confusions.items()}


def _deviation(values: Iterable[float]) -> float | None:
    values = list(values)
    return float(np.std(values, ddof=1)) if len(values) > 1 else None

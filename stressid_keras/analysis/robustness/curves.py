"""From predictions on corrupted windows to a curve per model and corruption."""

import math
from collections.abc import Sequence

import pandas as pd

from stressid_keras.analysis.robustness.corruption import CLEAN
from stressid_keras.config import CORRUPTIONS
from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.comparisons import compare_models
from stressid_keras.evaluation.intervals import bootstrap_interval
from stressid_keras.evaluation.metrics import classification_metrics
from stressid_keras.evaluation.models import in_order, is_known
from stressid_keras.evaluation.predictions import probabilities_of

COMPARED = ("student", "student_ce")
COMPARED_METRICS = ("macro_f1", "balanced_accuracy")


def robustness_scores(predictions: pd.DataFrame, class_names: Sequence[str], seed: int) -> dict:
    """The scores of each model along each corruption, as JSON types (NaN is None).

    Args:
        predictions: of `robustness_predictions`; those of several repeats and folds, with the columns `repeat` and
            `fold`, are pooled.
        class_names: k names.
        seed: of the run; it also seeds the bootstrap.

    Returns:
        `{model: {corruption: [point, …]}}`, the first point of each curve "clean", then by `level` from mild to
        severe. A point has `level` ("clean" or a number in the unit of `CORRUPTIONS`), `macro_f1`,
        `macro_f1_interval` ([low, high], see `bootstrap_interval`), `balanced_accuracy`, `n_windows`, `n_subjects`
        and `n_silent`, the windows that were kept as they are because nothing could be heard. A clip can only be
        shorter than its window, so those points may have fewer windows than the clean one. With both students,
        `student_minus_student_ce` has the same curves of `{level, macro_f1, balanced_accuracy}`, each metric the
        result of `compare_models`.

    Raises:
        StressIDError: no rows, an unknown corruption or model, a model without clean predictions, or the same
            window twice.
    """
    predictions = predictions.astype({"level": float, "silent": int})
    _check(predictions)
    parts = dict(iter(predictions.groupby(["model", "corruption", "level"])))
    curves = _curves(predictions)
    models = in_order(predictions["model"])
    scores = {
        model: {
            name: [_point(parts[model, *place], place, class_names, seed) for place in places]
            for name, places in curves.items()
        }
        for model in models
    }
    if set(COMPARED) <= set(models):
        scores["_minus_".join(COMPARED)] = {
            name: [_difference([parts[model, *place] for model in COMPARED], place, seed) for place in places]
            for name, places in curves.items()
        }
    return scores


def _curves(predictions: pd.DataFrame) -> dict[str, list[tuple[str, float]]]:
    """The corruptions and levels of each curve's points, in their order."""
    levels = predictions.groupby("corruption")["level"].unique()
    return {
        name: [(CLEAN, 0.0), *((name, level) for level in corruption.from_mild_to_severe(levels[name]))]
        for name, corruption in CORRUPTIONS.items()
        if name in levels
    }


def _point(rows: pd.DataFrame, place: tuple[str, float], class_names: Sequence[str], seed: int) -> dict:
    metrics = classification_metrics(rows["label"], probabilities_of(rows, class_names), class_names)
    interval = bootstrap_interval(rows, "macro_f1", seed=seed)
    return {
        "level": _level(place),
        "macro_f1": metrics["macro_f1"],
        "macro_f1_interval": [None if math.isnan(end) else end for end in interval],
        "balanced_accuracy": metrics["balanced_accuracy"],
        "n_windows": len(rows),
        "n_subjects": int(rows["subject"].nunique()),
        "n_silent": int(rows["silent"].sum()),
    }


def _difference(pair: list[pd.DataFrame], place: tuple[str, float], seed: int) -> dict:
    metrics = {name: compare_models(*pair, name, seed=seed) for name in COMPARED_METRICS}
    return {"level": _level(place), **metrics}


def _level(place: tuple[str, float]) -> str | float:
    """0 dB is a level of noise, so a clean window has a word instead."""
    name, level = place
    return CLEAN if name == CLEAN else float(level)


def _check(predictions: pd.DataFrame) -> None:
    if predictions.empty:
        raise StressIDError("there are no predictions to score; expected at least one window.")
    for model in sorted(set(predictions["model"])):
        if not is_known(model):
            raise StressIDError(f"model {model!r} is unknown; expected a student.")
    known = (CLEAN, *CORRUPTIONS)
    for corruption in sorted(set(predictions["corruption"]) - set(known)):
        raise StressIDError(f"corruption {corruption!r} is unknown; expected one of {', '.join(known)}.")
    for model, rows in predictions.groupby("model"):
        if CLEAN not in set(rows["corruption"]):
            raise StressIDError(
                f"{model} has no clean predictions; expected them for the start of its curves."
            )
    keys = ["model", "recording", "window", "corruption", "level"]
    keys += [name for name in ("repeat", "fold") if name in predictions]
    twice = predictions.duplicated(keys)
    if twice.any():
        row = predictions[twice].iloc[0]
        raise StressIDError(
            f"{row['model']} has window {row['window']} of {row['recording']} with {row['corruption']} twice; "
            "expected it once."
        )

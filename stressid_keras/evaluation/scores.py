"""The content of `metrics.json`, from the predictions of a run."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.comparisons import compare_models, model_agreement
from stressid_keras.evaluation.floors import FLOORS, floor_predictions
from stressid_keras.evaluation.intervals import CONFIDENCE, RESAMPLES, mean_interval
from stressid_keras.evaluation.metrics import (
    METRICS,
    Answers,
    classification_metrics,
    compared_metrics,
    counted_metrics,
    floor_metrics,
)
from stressid_keras.evaluation.models import AUDIO_BASELINES, NETWORKS, in_order
from stressid_keras.evaluation.predictions import SPLITS, check_names, probabilities_of
from stressid_keras.evaluation.recordings import aggregate_recordings

COMPARED = (("student", "student_ce"), ("teacher", "student_ce"), ("teacher", "student"))
FOLD = ["repeat", "fold"]
INTERVAL_MEANING = (
    "The interval covers which people happened to be in this part of the data. It does not cover {not_covered}; below "
    "about 8 subjects it is too narrow, and with one it does not exist."
)


def score_run(
    predictions: pd.DataFrame,
    class_names: Sequence[str],
    train_rows: pd.DataFrame,
    seed: int,
    protocol_name: str = "one split by subject",
) -> dict:
    """Every score of a run, with its floors, intervals and protocol, as JSON types (NaN is None).

    Args:
        predictions: the tables of `predictions_table` of all models and splits together.
        class_names: k names.
        train_rows: `task` and `label` of the training windows, on which the floors are fitted; with
            `subject`, it is also checked that none of them is in another split.
        seed: of the run; it also seeds the bootstrap.
        protocol_name: how the subjects were divided, for the titles of tables.

    Returns:
        `{model: {split: {metric: value}}}` for the networks that occur, the same under `baselines` for those and under
        `floors` with the metrics' names prefixed by the floor's, and `protocol`. The metrics are those of `METRICS`,
        `<metric>_interval` ([low, high]) of those that are compared, `n_subjects`, and `recordings`: the number of
        recordings and their scores, each from the mean of its windows' probabilities. Floors are scored on the
        student's windows. `comparisons` holds `{"<first>_minus_<second>": {split: {metric: ...}}}` with the results of
        `compare_models` and `model_agreement`.

    Raises:
        StressIDError: no rows, a window twice in a model's predictions, a subject in two splits.
    """
    _check(predictions, train_rows)
    return _scores(predictions, train_rows, [], class_names, seed, protocol_name)


def score_folds(
    predictions: pd.DataFrame, train_rows: pd.DataFrame, class_names: Sequence[str], seed: int
) -> dict:
    """Every score of a cross-validation, over the test windows of all its folds together.

    Repeats are more answers of the same people: each metric is that of all answers pooled, and intervals and tests
    resample and exchange subjects with all of theirs.

    Args:
        predictions: tables of `predictions_table`, split "test", with the columns `repeat` and `fold`.
        train_rows: `subject`, `task` and `label` of the training windows of each fold, with the same two columns.
        class_names: k names.
        seed: of the run.

    Returns:
        As `score_run`, with the split "test" alone.

    Raises:
        StressIDError: as `score_run`, for a fold of its own.
    """
    for fold, rows in predictions.groupby(FOLD):
        train = train_rows[(train_rows[FOLD] == list(fold)).all(axis=1)]
        _check(rows, train)
    n_repeats = predictions["repeat"].nunique()
    n_folds = predictions["fold"].nunique()
    left_out = (
        "leave one subject out"
        if n_folds == predictions["subject"].nunique()
        else f"{n_folds} folds by subject"
    )
    protocol_name = left_out + (f", {n_repeats} times" if n_repeats > 1 else "")
    return _scores(predictions, train_rows, FOLD, class_names, seed, protocol_name)


def _scores(
    predictions, train_rows, fold_columns: list[str], class_names, seed: int, protocol_name: str
) -> dict:
    keys = [*fold_columns, "recording", "window"]  # of a window that a model was asked about
    # A sum depends in its last bit on the order of its terms; the scores shall not depend on that of the rows.
    predictions = predictions.sort_values(["model", "split", *keys])
    metrics = {}
    for model in in_order(predictions["model"]):
        of_model = predictions[predictions["model"] == model]
        home = metrics if model in NETWORKS else metrics.setdefault("baselines", {})
        home[model] = {
            split: model_scores([of_model[of_model["split"] == split]], class_names, seed)
            for split in _in_order(SPLITS, of_model["split"])
        }
    windows = {
        split: _common_windows(predictions, split) for split in _in_order(SPLITS, predictions["split"])
    }
    metrics["floors"] = {
        split: floor_scores(train_rows, rows, fold_columns, class_names) for split, rows in windows.items()
    }
    metrics["comparisons"] = {
        f"{first}_minus_{second}": {
            split: _comparison(predictions[predictions["split"] == split], keys, first, second, seed)
            for split in windows
        }
        for first, second in _compared(set(predictions["model"]))
    }
    metrics["protocol"] = {
        "name": protocol_name,
        "seed": seed,
        "seeds": [seed + repeat for repeat in sorted(set(predictions.get("repeat", [0])))],
        "class_names": list(class_names),
        "splits": {
            split: describe_windows(rows, class_names)
            for split, rows in (windows if fold_columns else {"train": train_rows} | windows).items()
        },
        "bootstrap_resamples": RESAMPLES,
        "confidence": CONFIDENCE,
        "interval": INTERVAL_MEANING.format(not_covered=_not_covered(fold_columns, predictions)),
    }
    return metrics


def _not_covered(fold_columns: list[str], predictions: pd.DataFrame) -> str:
    if not fold_columns:
        return "another split, another seed of the training, or having chosen among several runs"
    if predictions["repeat"].nunique() == 1:
        return (
            "another division into folds, another seed of the training, or having chosen among several runs"
        )
    return "having chosen among several runs; the repeats' divisions and seeds are averaged, not resampled"


def _compared(models: set[str]) -> list[tuple[str, str]]:
    alike = [("student", name) for name in in_order(models) if name.startswith(AUDIO_BASELINES)]
    return [pair for pair in (*COMPARED, *alike) if set(pair) <= models]


def model_scores(trainings: Sequence[pd.DataFrame], class_names: Sequence[str], seed: int) -> dict:
    """Every score of one model on one split, with intervals; of several trainings, the mean of their scores.

    Args:
        trainings: of each a predictions table, all of the same windows.
        class_names: k names.
        seed: of the bootstrap.
    """
    scores = mean_scores([_point_scores(rows, class_names) for rows in trainings])
    for name in compared_metrics():
        interval = mean_interval(trainings, name, seed=seed)
        scores[f"{name}_interval"] = [None if math.isnan(end) else end for end in interval]
    return scores


def mean_scores(scores: list):
    """Of numbers, those alone that are defined; of lists and dicts, item by item; counts that agree stay integers."""
    first = scores[0]
    if all(value == first for value in scores):
        return first
    if isinstance(first, dict):
        return {key: mean_scores([value[key] for value in scores]) for key in first}
    if isinstance(first, list):
        return [mean_scores(list(items)) for items in zip(*scores, strict=True)]
    return float(np.mean([value for value in scores if value is not None]))


def _point_scores(rows: pd.DataFrame, class_names: Sequence[str]) -> dict:
    answers = Answers(rows["label"].to_numpy(), probabilities_of(rows, class_names), rows["task"].to_numpy())
    return {
        **classification_metrics(answers.labels, answers.probabilities, class_names),
        **{metric.name: metric.score(answers) for metric in METRICS.ordered() if metric.needs_tasks},
        "n_subjects": int(rows["subject"].nunique()),
        "recordings": _recording_scores(aggregate_recordings(rows), class_names),
    }


def _recording_scores(recordings: pd.DataFrame, class_names: Sequence[str]) -> dict:
    found = classification_metrics(
        recordings["label"], probabilities_of(recordings, class_names), class_names
    )
    return {"n_recordings": len(recordings), **{name: found[name] for name in counted_metrics()}}


def _comparison(rows: pd.DataFrame, keys: list[str], first: str, second: str, seed: int) -> dict | None:
    """Compare two models on the windows that both have; None if there are none."""
    rows = rows.set_index(keys)
    of_first, of_second = (rows[rows["model"] == model] for model in (first, second))
    common = of_first.index.intersection(of_second.index)
    if common.empty:
        return None
    pair = [table.loc[common].reset_index() for table in (of_first, of_second)]
    return {
        **{name: compare_models(*pair, name, seed=seed) for name in compared_metrics()},
        **model_agreement(*pair),
    }


def floor_scores(train_rows, rows, fold_columns: list[str], class_names: Sequence[str]) -> dict:
    """Each fold's floors are fitted on its own training rows."""
    parts = rows.groupby(fold_columns) if fold_columns else [((), rows)]
    labels, predicted = [], {floor: [] for floor in FLOORS}
    for fold, part in parts:
        train = train_rows[(train_rows[fold_columns] == list(fold)).all(axis=1)] if fold else train_rows
        labels.append(part["label"])
        for floor, probabilities in floor_predictions(train, part, len(class_names)).items():
            predicted[floor].append(probabilities)
    scores = {}
    for floor, probabilities in predicted.items():
        found = classification_metrics(np.concatenate(labels), np.concatenate(probabilities), class_names)
        scores.update({f"{floor}_{name}": found[name] for name in floor_metrics()})
    return scores


def _common_windows(predictions: pd.DataFrame, split: str) -> pd.DataFrame:
    """One row per window of a split: the student's, or the teacher's where there is no student."""
    rows = predictions[predictions["split"] == split]
    present = set(rows["model"])
    preferred = ("student", "student_ce", "teacher", *in_order(present))
    model = next(model for model in preferred if model in present)
    return rows[rows["model"] == model]


def describe_windows(rows: pd.DataFrame, class_names: Sequence[str]) -> dict:
    """Count people, windows and classes of one repeat: the others ask the same windows again."""
    if "repeat" in rows:
        rows = rows[rows["repeat"] == rows["repeat"].min()]
    counts = rows["label"].value_counts()
    return {
        "n_subjects": int(rows["subject"].nunique()) if "subject" in rows else None,
        "n_windows": len(rows),
        "class_counts": {name: int(counts.get(index, 0)) for index, name in enumerate(class_names)},
    }


def _check(predictions: pd.DataFrame, train_rows: pd.DataFrame) -> None:
    if predictions.empty:
        raise StressIDError("there are no predictions to score; expected at least one window.")
    check_names(predictions["model"], predictions["split"])
    twice = predictions.duplicated(["model", "split", "recording", "window"])
    if twice.any():
        row = predictions[twice].iloc[0]
        raise StressIDError(
            f"{row['model']} has window {row['window']} of {row['recording']} twice; expected it once."
        )
    seen = predictions[["split", "subject"]]
    if "subject" in train_rows:
        seen = pd.concat([seen, train_rows[["subject"]].astype(str).assign(split="train")])
    n_splits = seen.groupby("subject")["split"].nunique()
    if (n_splits > 1).any():
        raise StressIDError(f"subject {n_splits.idxmax()} is in two splits; expected every subject in one.")


def _in_order(known: Sequence[str], present: pd.Series) -> list[str]:
    found = set(present)
    return [name for name in known if name in found]

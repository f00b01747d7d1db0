"""Scores on other data than a run's own: of people, microphones and perhaps a language that no model has heard."""

from collections.abc import Sequence

import pandas as pd

from stressid_keras.evaluation.models import in_order
from stressid_keras.evaluation.scores import (
    FOLD,
    describe_windows,
    floor_scores,
    mean_scores,
    model_scores,
)


def score_elsewhere(
    predictions: pd.DataFrame, train_rows: pd.DataFrame, class_names: Sequence[str], seed: int
) -> dict:
    """The scores of models on all windows of other data, as JSON types.

    After a cross-validation every fold's models have answered all windows. A score is then the mean of the scores of
    these trainings, one by one: what to expect of a model trained in this way. To score the mean of their
    probabilities would be to score an ensemble, which nobody trained. An interval resamples people, the same for
    every training, and takes the mean again: it covers which people the other data hold.

    Args:
        predictions: tables of `predictions_table`, all of one split; of several trainings with `repeat` and `fold`.
        train_rows: `task` and `label` of the windows that the models learned from, with the same two columns: what the
            floors are fitted on.
        class_names: k names.
        seed: of the bootstrap.

    Returns:
        `protocol` (what there was to hear), `models` (scores by model, named as those of a run's split) and `floors`
        (as those of a run's split).
    """
    columns = [name for name in FOLD if name in predictions]
    predictions = predictions.sort_values(["model", *columns, "recording", "window"])
    models = {
        model: model_scores(
            _trainings(predictions[predictions["model"] == model], columns), class_names, seed
        )
        for model in in_order(predictions["model"])
    }
    asked = _trainings(predictions[predictions["model"] == next(iter(models))], columns)
    learned = _trainings(train_rows, columns)
    floors = [floor_scores(*both, [], class_names) for both in zip(learned, asked, strict=True)]
    return {
        "protocol": {"n_trainings": len(asked), **describe_windows(asked[0], class_names)},
        "models": models,
        "floors": mean_scores(floors),
    }


def _trainings(rows: pd.DataFrame, columns: list[str]) -> list[pd.DataFrame]:
    return [some for _, some in rows.groupby(columns)] if columns else [rows]

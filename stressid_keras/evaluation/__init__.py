"""From predictions to scores with floors and intervals, a table for the terminal and a report."""

from stressid_keras.evaluation.comparisons import compare_models, model_agreement
from stressid_keras.evaluation.floors import floor_predictions
from stressid_keras.evaluation.fold_report import write_fold_report
from stressid_keras.evaluation.intervals import bootstrap_interval
from stressid_keras.evaluation.metrics import aggregate_recordings, classification_metrics
from stressid_keras.evaluation.predictions import (
    predictions_table,
    probabilities_of,
    read_predictions,
    write_predictions,
)
from stressid_keras.evaluation.report import write_report
from stressid_keras.evaluation.scores import score_folds, score_run
from stressid_keras.evaluation.tables import score_table

__all__ = [
    "aggregate_recordings",
    "bootstrap_interval",
    "classification_metrics",
    "compare_models",
    "floor_predictions",
    "model_agreement",
    "predictions_table",
    "probabilities_of",
    "read_predictions",
    "score_folds",
    "score_run",
    "score_table",
    "write_fold_report",
    "write_predictions",
    "write_report",
]

"""Statistics of predictions: metrics, intervals over people, comparisons, floors."""

from stressid_keras.evaluation.audit import leakage_audit
from stressid_keras.evaluation.comparisons import compare_models, holm, model_agreement
from stressid_keras.evaluation.demographics import read_demographics
from stressid_keras.evaluation.elsewhere import score_elsewhere
from stressid_keras.evaluation.fairness import group_scores
from stressid_keras.evaluation.floors import floor_predictions
from stressid_keras.evaluation.gap import gap_closed
from stressid_keras.evaluation.intervals import bootstrap_interval
from stressid_keras.evaluation.metrics import classification_metrics
from stressid_keras.evaluation.predictions import (
    prediction_columns,
    predictions_table,
    probabilities_of,
    read_predictions,
    write_predictions,
)
from stressid_keras.evaluation.recordings import aggregate_recordings
from stressid_keras.evaluation.scores import score_folds, score_run

__all__ = [
    "aggregate_recordings",
    "bootstrap_interval",
    "classification_metrics",
    "compare_models",
    "floor_predictions",
    "gap_closed",
    "group_scores",
    "holm",
    "leakage_audit",
    "model_agreement",
    "prediction_columns",
    "predictions_table",
    "probabilities_of",
    "read_demographics",
    "read_predictions",
    "score_elsewhere",
    "score_folds",
    "score_run",
    "write_predictions",
]

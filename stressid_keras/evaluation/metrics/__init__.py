"""Metrics of a model, a file each; what lists them reads the registry `METRICS`."""

from stressid_keras.evaluation.metrics.classification import classification_metrics
from stressid_keras.evaluation.metrics.metric import (
    MAIN,
    METRICS,
    Answers,
    Metric,
    compared_metrics,
    counted_metrics,
    floor_metrics,
    per_class_metrics,
)
from stressid_keras.evaluation.metrics.within_task import recall_by_class, within_task_balanced_accuracy
from stressid_keras.system.registry import import_modules

import_modules(__name__, __path__)

__all__ = [
    "MAIN",
    "METRICS",
    "Answers",
    "Metric",
    "classification_metrics",
    "compared_metrics",
    "counted_metrics",
    "floor_metrics",
    "per_class_metrics",
    "recall_by_class",
    "within_task_balanced_accuracy",
]

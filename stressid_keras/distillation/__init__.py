"""Distillation of privileged modalities into the student."""

from stressid_keras.distillation.balanced_accuracy import BalancedAccuracy
from stressid_keras.distillation.best_epoch import BestEpoch
from stressid_keras.distillation.classifier import Classifier
from stressid_keras.distillation.distiller import Distiller
from stressid_keras.distillation.options import build_distiller
from stressid_keras.distillation.teacher_features import (
    compute_teacher_features,
    compute_teacher_views,
    load_teacher_features,
    save_teacher_features,
)
from stressid_keras.distillation.training import class_weights, fit

__all__ = [
    "BalancedAccuracy",
    "BestEpoch",
    "Classifier",
    "Distiller",
    "build_distiller",
    "class_weights",
    "compute_teacher_features",
    "compute_teacher_views",
    "fit",
    "load_teacher_features",
    "save_teacher_features",
]

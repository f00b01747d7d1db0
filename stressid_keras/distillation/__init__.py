"""Distillation of privileged modalities into the student."""

from stressid_keras.distillation.build import build_distiller
from stressid_keras.distillation.distiller import Distiller
from stressid_keras.distillation.teacher_features import (
    compute_teacher_features,
    compute_teacher_views,
    load_teacher_features,
    save_teacher_features,
)

__all__ = [
    "Distiller",
    "build_distiller",
    "compute_teacher_features",
    "compute_teacher_views",
    "load_teacher_features",
    "save_teacher_features",
]

"""Distillation of privileged modalities into the student."""

from stressid_keras.distillation.build import build_distiller
from stressid_keras.distillation.distiller import Distiller
from stressid_keras.distillation.method_description import describe, methods_table
from stressid_keras.distillation.method_names import with_methods
from stressid_keras.distillation.method_registry import methods_by_name
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
    "describe",
    "load_teacher_features",
    "methods_by_name",
    "methods_table",
    "save_teacher_features",
    "with_methods",
]

"""A run from a StressID tree to scores and an exported student: a context, and verbs that make what is missing."""

from stressid_keras.workflow.analysis import classify_baselines, predict
from stressid_keras.workflow.context import Fold, RunContext
from stressid_keras.workflow.cross_validation import CrossValidation
from stressid_keras.workflow.data import compute_baseline_features, prepare, read_index, split_people
from stressid_keras.workflow.evaluation_stage import evaluate
from stressid_keras.workflow.exporting.export_stage import export
from stressid_keras.workflow.insight import corrupt, inspect
from stressid_keras.workflow.other_trees import also_test, other_data
from stressid_keras.workflow.reporter import Reporter
from stressid_keras.workflow.run import Run
from stressid_keras.workflow.student_stages import distil_student, train_control
from stressid_keras.workflow.teacher_stages import compute_teacher_features, train_teacher

__all__ = [
    "CrossValidation",
    "Fold",
    "Reporter",
    "Run",
    "RunContext",
    "also_test",
    "classify_baselines",
    "compute_baseline_features",
    "compute_teacher_features",
    "corrupt",
    "distil_student",
    "evaluate",
    "export",
    "inspect",
    "other_data",
    "predict",
    "prepare",
    "read_index",
    "split_people",
    "train_control",
    "train_teacher",
]

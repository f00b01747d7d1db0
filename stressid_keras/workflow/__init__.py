"""A run from a StressID tree to scores and an exported student: what each stage needs, makes and reuses."""

from stressid_keras.workflow.cross_validation import CrossValidation
from stressid_keras.workflow.reporter import Reporter
from stressid_keras.workflow.run import Run

__all__ = ["CrossValidation", "Reporter", "Run"]

"""Teacher and student networks."""

from stressid_keras.models.student import build_student
from stressid_keras.models.teacher import build_teacher

__all__ = ["build_student", "build_teacher"]

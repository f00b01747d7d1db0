"""How the audio student's scores fall when its audio gets worse."""

from stressid_keras.analysis.robustness.corruption import Conditions, Corruption, corrupt, register_corruption
from stressid_keras.analysis.robustness.curves import robustness_scores
from stressid_keras.analysis.robustness.scores_on_corruptions import robustness_predictions
from stressid_keras.config import CORRUPTIONS

__all__ = [
    "CORRUPTIONS",
    "Conditions",
    "Corruption",
    "corrupt",
    "register_corruption",
    "robustness_predictions",
    "robustness_scores",
]

"""How the audio student's scores fall when its audio gets worse."""

from stressid_keras.analysis.robustness.corruptions import CORRUPTIONS, Conditions, Corruption, corrupt
from stressid_keras.analysis.robustness.curves import robustness_scores
from stressid_keras.analysis.robustness.scores_on_corruptions import robustness_predictions

__all__ = [
    "CORRUPTIONS",
    "Conditions",
    "Corruption",
    "corrupt",
    "robustness_predictions",
    "robustness_scores",
]

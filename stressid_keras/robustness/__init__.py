"""How the audio student's scores fall when its audio gets worse."""

from stressid_keras.robustness.corruptions import CORRUPTIONS, Conditions, Corruption, corrupt
from stressid_keras.robustness.curves import robustness_scores
from stressid_keras.robustness.evaluate import robustness_predictions
from stressid_keras.robustness.windows import window_waveforms

__all__ = [
    "CORRUPTIONS",
    "Conditions",
    "Corruption",
    "corrupt",
    "robustness_predictions",
    "robustness_scores",
    "window_waveforms",
]

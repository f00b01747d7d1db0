"""Classical baselines, as in the StressID paper: hand-crafted features and scikit-learn's classifiers."""

from stressid_keras.analysis.baselines.classifiers import BASELINES, baseline_probabilities
from stressid_keras.analysis.baselines.features import GROUPS, baseline_features, group_columns
from stressid_keras.analysis.baselines.speech_features import with_statistics
from stressid_keras.analysis.baselines.stored import (
    FEATURES_VERSION,
    load_features,
    load_or_compute,
    save_features,
)
from stressid_keras.analysis.baselines.voice_features import audio_features

__all__ = [
    "BASELINES",
    "FEATURES_VERSION",
    "GROUPS",
    "audio_features",
    "baseline_features",
    "baseline_probabilities",
    "group_columns",
    "load_features",
    "load_or_compute",
    "save_features",
    "with_statistics",
]

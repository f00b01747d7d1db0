"""Pictures for people: what preparation makes of a recording, and what training makes of that."""

from stressid_keras.reporting.pictures.augmentations import augmentations_figure
from stressid_keras.reporting.pictures.prediction import prediction_figure
from stressid_keras.reporting.pictures.recording import recording_figure

__all__ = ["augmentations_figure", "prediction_figure", "recording_figure"]

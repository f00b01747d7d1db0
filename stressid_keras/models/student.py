"""The audio-only student."""

import keras
from keras import layers

from stressid_keras.config import StudentConfig
from stressid_keras.models.backbones import IMAGE_BACKBONES
from stressid_keras.models.backbones.backbone import STUDENT_FEATURE


def build_student(n_classes: int, n_mels: int, config: StudentConfig) -> keras.Model:
    """A functional model from log-mel spectrograms to logits and a feature.

    Inputs: `audio` (B, T, n_mels, 1) in [0, 1], `audio_size` int (B, 2).
    Outputs: `logits` (B, n_classes), `feature` (B, config.feature_size).
    """
    audio = keras.Input((None, n_mels, 1), name="audio")
    size = keras.Input((2,), dtype="int32", name="audio_size")
    feature = IMAGE_BACKBONES[config.backbone].build(
        audio,
        size,
        filters=config.widened_filters,
        feature_size=config.feature_size,
        name=STUDENT_FEATURE,
    )
    x = layers.Dropout(config.dropout, name="feature_dropout")(feature)
    logits = layers.Dense(n_classes, name="logits", dtype="float32")(x)
    return keras.Model(
        {"audio": audio, "audio_size": size}, {"logits": logits, "feature": feature}, name="student"
    )

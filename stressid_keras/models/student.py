"""The audio-only student."""

import keras
import numpy as np
from keras import layers

from stressid_keras.config import StudentConfig
from stressid_keras.media.speech.settings import SPEECH, STATISTICS
from stressid_keras.models.backbones.backbone import STUDENT_FEATURE, student_backbone


def build_student(
    n_classes: int, n_mels: int, config: StudentConfig, statistics: np.ndarray | None = None
) -> keras.Model:
    """A functional model from what the student hears to logits and a feature.

    Inputs: `audio` (B, T, n_mels, 1) in [0, 1], a log-mel spectrogram, and `audio_size` int (B, 2); or, with a backbone
    of `SPEECH_BACKBONES`, `speech` (B, 1024), statistics of a pretrained speech encoder.
    Outputs: `logits` (B, n_classes), `feature` (B, config.feature_size).

    Args:
        statistics: (n, 1024) of the training part, to standardise by; without them, they are heard as they are.
    """
    if config.hears_speech:
        heard, size = keras.Input((STATISTICS,), name=SPEECH), None
        inputs = {SPEECH: heard}
    else:
        heard, size = (
            keras.Input((None, n_mels, 1), name="audio"),
            keras.Input((2,), dtype="int32", name="audio_size"),
        )
        inputs = {"audio": heard, "audio_size": size}
    backbone = student_backbone(config)
    feature = backbone.build(
        heard, size, filters=config.widened_filters, feature_size=config.feature_size, name=STUDENT_FEATURE
    )
    x = layers.Dropout(config.dropout, name="feature_dropout")(feature)
    logits = layers.Dense(n_classes, name="logits", dtype="float32", **backbone.classifier)(x)
    student = keras.Model(inputs, {"logits": logits, "feature": feature}, name="student")
    if statistics is not None:
        _standardise(student, statistics)
    return student


def _standardise(student: keras.Model, statistics: np.ndarray) -> None:
    for layer in student.layers:
        if isinstance(layer, layers.Normalization):
            layer.adapt(np.asarray(statistics, "float32"))

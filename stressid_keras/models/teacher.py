"""The multimodal teacher: video, ECG, EDA and respiration, never audio."""

import keras
from keras import layers

from stressid_keras.config import TeacherConfig
from stressid_keras.modalities import PHYSIOLOGICAL, PRIVILEGED
from stressid_keras.models.backbones import FILM_BACKBONES, IMAGE_BACKBONES


def build_teacher(n_classes: int, config: TeacherConfig) -> keras.Model:
    """A functional model from the privileged modalities to logits and one feature per modality.

    The three signals have encoders of one architecture, each with its own weights.

    Inputs: `video` (B, T, H, W, 3), `ecg`, `eda`, `rr` (B, S, S, 1), and `<modality>_size` (B, 3) or (B, 2).
    Outputs: `logits` (B, n_classes), and `video`, `ecg`, `eda`, `rr` (B, config.feature_size).
    """
    inputs, features = {}, {}
    for modality in PRIVILEGED:
        is_signal = modality in PHYSIOLOGICAL
        rank = 2 if is_signal else 3
        x = keras.Input((None, None, 1) if is_signal else (None, None, None, 3), name=modality)
        size = keras.Input((rank,), dtype="int32", name=f"{modality}_size")
        inputs |= {modality: x, f"{modality}_size": size}
        backbone = (
            IMAGE_BACKBONES[config.signal_backbone] if is_signal else FILM_BACKBONES[config.video_backbone]
        )
        features[modality] = backbone.build(
            x,
            size,
            filters=config.signal_filters if is_signal else config.video_filters,
            feature_size=config.feature_size,
            name=f"{modality}_feature",
        )
    seen = [
        layers.Dropout(config.modality_dropout, noise_shape=(None, 1), name=f"{modality}_dropout")(feature)
        for modality, feature in features.items()
    ]
    x = layers.Concatenate(name="features")(seen)
    x = layers.Dropout(config.dropout, name="features_dropout")(x)
    logits = layers.Dense(n_classes, name="logits", dtype="float32")(x)
    return keras.Model(inputs, {"logits": logits, **features}, name="teacher")

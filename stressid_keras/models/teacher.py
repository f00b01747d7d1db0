"""The multimodal teacher: video and physiological signals, never audio."""

import keras
from keras import layers

from stressid_keras.config import FILM_BACKBONES, IMAGE_BACKBONES, TeacherConfig
from stressid_keras.modalities import PRIVILEGED, RECORDS


def build_teacher(
    n_classes: int, config: TeacherConfig, modalities: tuple[str, ...] = PRIVILEGED
) -> keras.Model:
    """A functional model from the privileged modalities to logits and one feature per modality.

    The signals have encoders of one architecture, each with its own weights.

    Inputs: `video` (B, T, H, W, 3), `ecg`, `eda`, `rr` (B, S, S, 1), and `<modality>_size` (B, 3) or (B, 2), those that
    are asked for.
    Outputs: `logits` (B, n_classes), and for each modality its feature (B, config.feature_size) by its name.
    """
    inputs, features = {}, {}
    for modality in modalities:
        record = RECORDS[modality]
        x = keras.Input((*[None] * record.axes, record.channels), name=modality)
        size = keras.Input((record.axes,), dtype="int32", name=f"{modality}_size")
        inputs |= {modality: x, f"{modality}_size": size}
        backbones = IMAGE_BACKBONES if record.axes == 2 else FILM_BACKBONES
        features[modality] = backbones[getattr(config, f"{record.encoder}_backbone")].build(
            x,
            size,
            filters=getattr(config, f"{record.encoder}_filters"),
            feature_size=config.feature_size,
            name=f"{modality}_feature",
        )
    seen = [
        layers.Dropout(config.modality_dropout, noise_shape=(None, 1), name=f"{modality}_dropout")(feature)
        for modality, feature in features.items()
    ]
    x = layers.Concatenate(name="features")(seen) if len(seen) > 1 else seen[0]
    x = layers.Dropout(config.dropout, name="features_dropout")(x)
    logits = layers.Dense(n_classes, name="logits", dtype="float32")(x)
    return keras.Model(inputs, {"logits": logits, **features}, name="teacher")

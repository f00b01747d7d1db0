"""The multimodal teacher: video and physiological signals, and audio where it is to hear, too."""

from collections.abc import Mapping

import keras
import numpy as np
from keras import layers, regularizers

from stressid_keras.config import FILM_BACKBONES, IMAGE_BACKBONES, TeacherConfig
from stressid_keras.layers import MeasureNormalization
from stressid_keras.modalities import PRIVILEGED, RECORDS, SOUND, measures_input

MEASURE_UNITS = 64
MEASURE_DROPOUT = 0.2
PENALTY = regularizers.L2(0.01)  # measures are many and people few
# Of the speech encoder's statistics, of which there are ten times as many: as in a student that hears them, linear.
STATISTICS_DROPOUT = 0.5
STATISTICS_PENALTY = regularizers.L2(0.03)


def build_teacher(
    n_classes: int,
    config: TeacherConfig,
    modalities: tuple[str, ...] = PRIVILEGED,
    measures: Mapping[str, np.ndarray] | None = None,
) -> keras.Model:
    """A functional model from what a teacher learns from to logits and one feature per modality.

    The signals have encoders of one architecture, each with its own weights. Audio has none: it is heard by the
    statistics of a pretrained speech encoder, which are its measures.

    Inputs: `video` (B, T, H, W, 3), `ecg`, `eda`, `rr` (B, S, S, 1), and `<modality>_size` (B, 3) or (B, 2), those that
    are asked for; `<modality>_measures` (B, n), NaN where one is missing, of those that `measures` has.
    Outputs: `logits` (B, n_classes), and for each modality its feature (B, config.feature_size) by its name.

    Args:
        measures: by modality, the standard measures of the training part (rows, n), by which they are normalised: a
            second path to the modality's feature, which is the sum of what both find, or of audio the only one.
    """
    measures = measures or {}
    inputs, features = {}, {}
    for modality in modalities:
        paths = [_of_picture(modality, config, inputs)] if RECORDS[modality].encoder else []
        if modality in measures:
            paths.append(_of_measures(modality, measures[modality], config, inputs))
        features[modality] = layers.Add(name=f"{modality}_joined")(paths) if len(paths) > 1 else paths[0]
    seen = [
        layers.Dropout(config.modality_dropout, noise_shape=(None, 1), name=f"{modality}_dropout")(feature)
        for modality, feature in features.items()
    ]
    x = layers.Concatenate(name="features")(seen) if len(seen) > 1 else seen[0]
    x = layers.Dropout(config.dropout, name="features_dropout")(x)
    logits = layers.Dense(n_classes, name="logits", dtype="float32")(x)
    return keras.Model(inputs, {"logits": logits, **features}, name="teacher")


def _of_picture(modality: str, config: TeacherConfig, inputs: dict):
    record = RECORDS[modality]
    x = keras.Input((*[None] * record.axes, record.channels), name=modality)
    size = keras.Input((record.axes,), dtype="int32", name=f"{modality}_size")
    inputs |= {modality: x, f"{modality}_size": size}
    backbones = IMAGE_BACKBONES if record.axes == 2 else FILM_BACKBONES
    return backbones[getattr(config, f"{record.encoder}_backbone")].build(
        x,
        size,
        filters=getattr(config, f"{record.encoder}_filters"),
        feature_size=config.feature_size,
        name=f"{modality}_feature",
    )


def _of_measures(modality: str, training: np.ndarray, config: TeacherConfig, inputs: dict):
    name = measures_input(modality)
    inputs[name] = given = keras.Input((np.shape(training)[1],), name=name)
    normalization = MeasureNormalization(name=f"{name}_normalised")
    x = normalization(given)
    normalization.adapt(training)
    heard = RECORDS[modality].media == SOUND
    x = layers.Dropout(STATISTICS_DROPOUT if heard else MEASURE_DROPOUT, name=f"{name}_dropout")(x)
    penalty, activation = (STATISTICS_PENALTY, None) if heard else (PENALTY, "relu")
    x = layers.Dense(MEASURE_UNITS, activation, kernel_regularizer=penalty, name=f"{name}_hidden")(x)
    return layers.Dense(config.feature_size, kernel_regularizer=penalty, name=f"{name}_feature")(x)

"""The Keras models that `training.py` compares: model, x, y, and the logged name of every term of the loss."""

import functools

import keras
import numpy as np
from keras import layers
from training_setting import (
    BATCH_SIZE,
    LEARNING_RATE,
    MULTIPLE_FRAMES,
    SHAPES,
    SMALL_MELS,
    WEIGHT_DECAY,
    WEIGHTS,
    read,
    sizes_of,
)

from stressid_keras.config import StudentConfig
from stressid_keras.distillation import Distiller
from stressid_keras.layers import MaskedBatchNormalization, MaskedGlobalPooling, PadToMultiple
from stressid_keras.modalities import PRIVILEGED
from stressid_keras.models import build_student
from stressid_keras.training.classifier import Classifier

CROSS_ENTROPY = {"cross_entropy": "cross_entropy"}
TERMS = CROSS_ENTROPY | {name: f"mse_{name}" for name in WEIGHTS}
FILTERS, FEATURE_SIZE = (16, 32, 64, 128), 256


def teacher(folder, seconds):
    """The teacher, on its own labels."""
    network = keras.models.load_model(folder / "teacher.keras")
    batch = read(folder, seconds)
    return Classifier(network), {name: batch[name] for name in network.input}, batch["labels"], CROSS_ENTROPY


def student(folder, seconds, live=False, n_mels=128):
    """The student, distilled from stored features or from a teacher that runs in every step."""
    batch = read(folder, seconds)
    if n_mels == 128:
        network = keras.models.load_model(folder / "student.keras")
    else:
        network = build_student(3, n_mels, StudentConfig(dropout=0.0, backbone="cnn"))
        batch["audio"] = np.ascontiguousarray(batch["audio"][:, :, :n_mels])
        batch["audio_size"] = np.tile(batch["audio"].shape[1:3], (BATCH_SIZE, 1)).astype("int32")
    x = {name: batch[name] for name in ("audio", "audio_size")}
    if not live:
        x["teacher_features"] = {name: batch[f"feature_{name}"] for name in PRIVILEGED}
        return Distiller(network, weights=WEIGHTS), x, batch["labels"], TERMS
    frozen = keras.models.load_model(folder / "teacher.keras")
    x |= {name: batch[name] for name in frozen.input}
    return Distiller(network, frozen, weights=WEIGHTS), x, batch["labels"], TERMS


def blocks(folder, order, normalisation):
    """The student with the parts of its blocks in another order, or with Keras's own batch normalisation."""
    audio = keras.Input((None, 128, 1), name="audio")
    size = keras.Input((2,), dtype="int32", name="audio_size")

    def norm(x, stride):
        if normalisation == "ours":
            return MaskedBatchNormalization((stride, stride))(x, size)
        return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))

    total = 2 ** len(FILTERS)
    x = PadToMultiple((total, total))(audio)
    for index, channels in enumerate(FILTERS):
        x = layers.Conv2D(channels, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
        if order == "pool first":
            x = norm(layers.MaxPooling2D(2)(x), 2 ** (index + 1))
        else:
            x = layers.MaxPooling2D(2)(norm(x, 2**index))
    x = layers.Dense(FEATURE_SIZE)(MaskedGlobalPooling((total, total))(x, size))
    network = keras.Model({"audio": audio, "audio_size": size}, {"logits": layers.Dense(3)(x), "feature": x})
    generator = np.random.default_rng(0)
    x = {"audio": generator.random((BATCH_SIZE, MULTIPLE_FRAMES, 128, 1), dtype="float32")}
    return (
        Classifier(network),
        x | sizes_of(x),
        generator.integers(0, 3, BATCH_SIZE).astype("int32"),
        CROSS_ENTROPY,
    )


def audio_network(name, audio):
    """A network of Keras's own layers for the comparison with Keras's distiller: logits and feature."""
    x = audio
    for channels in FILTERS:
        x = layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(layers.MaxPooling2D(2)(x)))
    feature = layers.Dense(FEATURE_SIZE, name="feature")(layers.GlobalAveragePooling2D()(x))
    return layers.Dense(3, name="logits")(feature), feature


def one_input(folder, distiller):
    """Teacher and student see the same audio: what `keras.distillation.Distiller` can do as well as ours."""
    networks = {}
    for name in ("teacher", "student"):
        audio = keras.Input((SHAPES["60s"]["audio"][0], 128, 1), name="audio")
        logits, feature = audio_network(name, audio)
        is_ours = distiller == "ours"
        outputs = {"logits": logits, "feature": feature} if is_ours else logits
        networks[name] = keras.Model({"audio": audio} if is_ours else audio, outputs, name=name)
    batch = read(folder, "60s")
    if distiller == "ours":
        model = Distiller(networks["student"], networks["teacher"], weights={"feature": 1.0})
        return model, {"audio": batch["audio"]}, batch["labels"], CROSS_ENTROPY | {"feature": "mse_feature"}
    model = keras.distillation.Distiller(
        networks["teacher"],
        networks["student"],
        keras.distillation.FeatureDistillation("mse", "feature", "feature"),
        student_loss_weight=0.5,
    )
    # Twice the loss of ours has half the weight on each term: AdamW does not see the factor.
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(LEARNING_RATE, weight_decay=WEIGHT_DECAY), loss=loss)
    return (
        model,
        batch["audio"],
        batch["labels"],
        {"cross_entropy": "student_loss", "feature": "distillation_loss"},
    )


SIDES = {
    **{f"teacher {seconds} keras": functools.partial(teacher, seconds=seconds) for seconds in SHAPES},
    **{f"student {seconds} keras": functools.partial(student, seconds=seconds) for seconds in SHAPES},
    "student live": functools.partial(student, seconds="60s", live=True),
    "student small stored": functools.partial(student, seconds="10s", n_mels=SMALL_MELS),
    "student small live": functools.partial(student, seconds="10s", n_mels=SMALL_MELS, live=True),
    "blocks pool first": functools.partial(blocks, order="pool first", normalisation="ours"),
    "blocks pool last": functools.partial(blocks, order="pool last", normalisation="ours"),
    "blocks keras normalisation": functools.partial(blocks, order="pool first", normalisation="keras"),
    "distiller ours": functools.partial(one_input, distiller="ours"),
    "distiller keras": functools.partial(one_input, distiller="keras"),
}

"""The files that `on_device.py` measures: a `cnn` student with random weights, written as an export writes it."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from stressid_keras.config import AudioConfig, StudentConfig
from stressid_keras.dataset.synthetic.voice import voice

SECONDS = 10  # of the window
STUDENT = StudentConfig(backbone="cnn")  # which plain PyTorch has every layer of


class Files(NamedTuple):
    student: object  # keras.Model
    float32: Path
    int8: Path | None


def exported(folder: Path) -> Files:
    """A student with random weights, written as an export writes it; int8 by its fastest scheme."""
    from stressid_keras.export import metadata
    from stressid_keras.export.convert import to_tflite
    from stressid_keras.export.deployed import build_deployed_model
    from stressid_keras.export.folding import fold_normalisation
    from stressid_keras.export.quantise import schemes, to_mixed_int8
    from stressid_keras.models.backbones import student_blocks

    audio = AudioConfig()
    samples = SECONDS * audio.sample_rate
    student = random_student(audio)
    blocks = student_blocks(STUDENT)
    content = to_tflite(build_deployed_model(fold_normalisation(student, blocks), audio, samples))
    windows = [speech(SECONDS, audio.sample_rate, seed) for seed in range(4)]
    contents = {"float32": content, "int8": to_mixed_int8(content, schemes(len(blocks))[0], blocks, windows)}
    paths = {variant: folder / metadata.file_name("student", variant) for variant in contents}
    for variant, path in paths.items():
        path.write_bytes(contents[variant])
        description = metadata.describe(
            name="student",
            variant=variant,
            class_names=["Low", "Medium", "High"],
            front_end=audio,
            window_samples=samples,
            outputs={"probabilities": [1, 3], "feature": [1, STUDENT.feature_size]},
        )
        metadata.write_archive(path, description)
    return Files(student, paths["float32"], paths["int8"])


def random_student(audio: AudioConfig):
    """Statistics as after a training, and probabilities that are neither alike nor 0 and 1: differences show."""
    import keras

    from stressid_keras.models import build_student
    from stressid_keras.preprocessing import log_mel

    keras.utils.set_random_seed(1)
    student = build_student(3, audio.n_mels, STUDENT)
    images = np.stack([log_mel(speech(SECONDS, audio.sample_rate, seed), audio) for seed in range(4)])[
        ..., None
    ]
    batch = {"audio": images, "audio_size": np.tile(images.shape[1:3], (len(images), 1)).astype("int32")}
    for _ in range(30):
        student(batch, training=True)
    kernel = student.get_layer("logits").kernel
    logits = keras.ops.convert_to_numpy(student(batch)["logits"])
    kernel.assign(kernel / logits.std())
    return student


def speech(seconds: float, rate: int, seed: int = 0) -> np.ndarray:
    """Synthetic speech, (n,) float32."""
    generators = np.random.default_rng(seed), np.random.default_rng(seed + 100)
    return voice(1.0, *generators, seconds, rate).astype(np.float32)

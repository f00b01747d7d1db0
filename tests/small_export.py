"""A small student with random weights, its metadata, and speech for it: what tests of runner and page export."""

import keras
import numpy as np

from stressid_keras.config import AudioConfig, StudentConfig
from stressid_keras.dataset.synthetic.voice import voice

RATE = 16_000
WINDOW = 2 * RATE
HOP = RATE
AUDIO = AudioConfig(n_mels=32)
STUDENT = StudentConfig(backbone="cnn", filters=(6, 8, 10), feature_size=12)
SPEECH_STUDENT = StudentConfig(backbone="speech", feature_size=12)
SPEECH_FRONT_END = {  # of its model.json
    "kind": "speech",
    "n_fft": 400,
    "hop_length": 160,
    "n_mels": 40,
    "level": -30.0,
    "fmin": 0.0,
    "fmax": 8000.0,
}
CLASS_NAMES = ["Low", "Medium", "High"]


def deployed_student(config: StudentConfig = STUDENT) -> keras.Model:
    """From waveform to probabilities that are neither all alike nor 0 and 1, which show differences best."""
    from stressid_keras.export.deployed import build_deployed_model
    from stressid_keras.models import build_student

    keras.utils.set_random_seed(1)
    student = with_classifier(build_student(3, AUDIO.n_mels, config))
    deployed = build_deployed_model(student, AUDIO, WINDOW)
    kernel = student.get_layer("logits").kernel
    probabilities = keras.ops.convert_to_numpy(deployed(speech(2.0)[None])["probabilities"])
    kernel.assign(kernel / np.log(probabilities).std())
    return deployed


def with_classifier(student: keras.Model) -> keras.Model:
    """The student, with weights where a new one that hears a speech encoder has zeros, and no opinion."""
    kernel = student.get_layer("logits").kernel
    if not np.any(keras.ops.convert_to_numpy(kernel)):
        kernel.assign(keras.initializers.GlorotUniform(seed=1)(kernel.shape))
    return student


def write_export(path, flatbuffer: bytes, **changes):
    """The flatbuffer with the archive that an export appends, `changes` in its model.json; the path."""
    from stressid_keras.export.metadata import describe, write_archive

    described = describe(
        name="student",
        variant="float32",
        class_names=CLASS_NAMES,
        front_end=AUDIO,
        window_samples=WINDOW,
        outputs={"probabilities": [1, 3], "feature": [1, 12]},
        model_card="Random weights, for tests.",
    )
    path.write_bytes(flatbuffer)
    write_archive(path, described | changes)
    return path


def speech(seconds, rate=RATE, seed=1):
    """Synthetic speech, (n,) float32."""
    generators = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    return voice(1.0, *generators, seconds, rate).astype("float32")

"""A small exported student with random weights, and the same without a feature, as MediaPipe wants it."""

import numpy as np
import pytest

from stressid_keras.config import AudioConfig
from stressid_keras.dataset.synthetic_voice import voice

RATE = 16_000
WINDOW = 2 * RATE
HOP = RATE
AUDIO = AudioConfig(n_mels=32)
CLASS_NAMES = ["Low", "Medium", "High"]


@pytest.fixture(scope="session")
def flatbuffers():
    """Bytes of the bare TFLite models: "float32" and "mediapipe"."""
    import keras

    from stressid_keras.config import StudentConfig
    from stressid_keras.export.convert import to_tflite
    from stressid_keras.export.deployed import build_deployed_model
    from stressid_keras.export.variants import to_single_output
    from stressid_keras.models import build_student

    keras.utils.set_random_seed(1)
    student = build_student(3, AUDIO.n_mels, StudentConfig(filters=(6, 8, 10), feature_size=12))
    deployed = build_deployed_model(student, AUDIO, WINDOW)
    # Probabilities that are neither all alike nor 0 and 1 show differences best.
    kernel = student.get_layer("logits").kernel
    probabilities = keras.ops.convert_to_numpy(deployed(speech(2.0)[None])["probabilities"])
    kernel.assign(kernel / np.log(probabilities).std())
    return {
        "float32": to_tflite(deployed),
        "mediapipe": to_single_output(deployed, RATE, "student", "Random weights, for tests."),
    }


@pytest.fixture(scope="session")
def model(flatbuffers, tmp_path_factory):
    return with_metadata(flatbuffers["float32"], tmp_path_factory.mktemp("model") / "student.tflite")


@pytest.fixture(scope="session")
def mediapipe_model(flatbuffers, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "student_mediapipe.tflite"
    return with_metadata(flatbuffers["mediapipe"], path, variant="mediapipe")


@pytest.fixture(scope="session")
def runner(model):
    from stressid_keras import StudentRunner

    return StudentRunner(model)


def with_metadata(flatbuffer, path, **changes):
    """The flatbuffer with the archive that an export appends; `changes` in model.json."""
    from stressid_keras.export.metadata import describe, write_archive

    described = describe(
        name="student",
        variant="float32",
        class_names=CLASS_NAMES,
        audio=AUDIO,
        window_samples=WINDOW,
        outputs={"probabilities": [1, 3], "feature": [1, 12]},
    )
    path.write_bytes(flatbuffer)
    write_archive(path, described | changes)
    return path


def speech(seconds, rate=RATE, seed=1):
    """Synthetic speech, (n,) float32."""
    return voice(1.0, np.random.default_rng(seed), np.random.default_rng(seed + 1), seconds, rate).astype(
        "float32"
    )

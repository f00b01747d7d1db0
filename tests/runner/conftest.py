"""A small exported student with random weights, and the same without a feature, as MediaPipe wants it."""

import hashlib
import json
import zipfile

import numpy as np
import pytest

from stressid_keras.dataset.synthetic_voice import voice

RATE = 16_000
WINDOW = 2 * RATE
HOP = RATE
CLASS_NAMES = ["Low", "Medium", "High"]


@pytest.fixture(scope="session")
def flatbuffers(tmp_path_factory):
    """Bytes of the bare TFLite models: "float32" and "mediapipe"."""
    import keras

    from stressid_keras.config import AudioConfig, StudentConfig
    from stressid_keras.export.deployed import build_deployed_model
    from stressid_keras.models import build_student

    keras.utils.set_random_seed(1)
    audio = AudioConfig(n_mels=32)
    student = build_student(3, audio.n_mels, StudentConfig(filters=(6, 8, 10), feature_size=12))
    both = build_deployed_model(student, audio, WINDOW)
    # Probabilities that are neither all alike nor 0 and 1 show differences best.
    kernel = student.get_layer("logits").kernel
    logits = np.log(keras.ops.convert_to_numpy(both(speech(2.0)[None])["probabilities"]))
    kernel.assign(kernel / logits.std())
    alone = keras.Model(both.inputs, {"probabilities": both.output["probabilities"]})
    folder = tmp_path_factory.mktemp("models")
    return {
        name: converted(model, folder / f"{name}.tflite")
        for name, model in {"float32": both, "mediapipe": alone}.items()
    }


def converted(model, path):
    import tensorflow as tf

    signature = [tf.TensorSpec((1, WINDOW), tf.float32, name="waveform")]
    target = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    model.export(str(path), format="litert", input_signature=signature, target_spec=target, verbose=False)
    return path.read_bytes()


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
    """The flatbuffer with an archive behind it, as an export writes it; `changes` in model.json."""
    path.write_bytes(flatbuffer)
    description = {
        "format": 1,
        "name": "student",
        "variant": "float32",
        "class_names": CLASS_NAMES,
        "sample_rate": RATE,
        "window_samples": WINDOW,
        "window_seconds": WINDOW / RATE,
        "hop_seconds": HOP / RATE,
        "front_end": {
            "n_fft": 1024,
            "hop_length": 512,
            "n_mels": 32,
            "top_db": 80.0,
            "fmin": 0.0,
            "fmax": 8e3,
        },
        "flatbuffer_sha256": hashlib.sha256(flatbuffer).hexdigest(),
    } | changes
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("labels.txt", "".join(f"{name}\n" for name in CLASS_NAMES))
        archive.writestr("model.json", json.dumps(description))
    return path


def speech(seconds, rate=RATE, seed=1):
    """Synthetic speech, (n,) float32."""
    return voice(1.0, np.random.default_rng(seed), np.random.default_rng(seed + 1), seconds, rate).astype(
        "float32"
    )

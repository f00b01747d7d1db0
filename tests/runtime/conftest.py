"""A small exported student with random weights, and the same without a feature, as MediaPipe wants it."""

import pytest

from ..small_export import RATE, deployed_student, write_export


@pytest.fixture(scope="session")
def flatbuffers():
    """Bytes of the bare TFLite models: "float32" and "mediapipe"."""
    from stressid_keras.export.convert import to_tflite
    from stressid_keras.export.int8_choice import to_single_output

    deployed = deployed_student()
    return {
        "float32": to_tflite(deployed),
        "mediapipe": to_single_output(deployed, RATE, "student", "Random weights, for tests."),
    }


@pytest.fixture(scope="session")
def model(flatbuffers, tmp_path_factory):
    return write_export(tmp_path_factory.mktemp("model") / "student.tflite", flatbuffers["float32"])


@pytest.fixture(scope="session")
def mediapipe_model(flatbuffers, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "student_mediapipe.tflite"
    return write_export(
        path, flatbuffers["mediapipe"], variant="mediapipe", outputs={"probabilities": [1, 3]}
    )


@pytest.fixture(scope="session")
def runner(model):
    from stressid_keras import StudentRunner

    return StudentRunner(model)

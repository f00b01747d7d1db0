"""Exporting needs TensorFlow, and says so on any other backend."""

import keras
import pytest
from stressid_keras.export.tflite import export_student

from stressid_keras.config import AudioConfig, StudentConfig
from stressid_keras.errors import ExportError
from stressid_keras.models import build_student

pytestmark = [
    pytest.mark.backend,
    pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="TensorFlow can export"),
]


def test_export_is_refused_with_the_way_out(tmp_path):
    student = build_student(3, 32, StudentConfig(filters=(2,), feature_size=2))
    with pytest.raises(ExportError, match="again with KERAS_BACKEND=tensorflow"):
        export_student(student, tmp_path / "student.tflite", AudioConfig(), 16_000, [])
    assert not list(tmp_path.iterdir())

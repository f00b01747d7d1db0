"""The runner refuses what it cannot score."""

import numpy as np
import pytest

from stressid_keras.errors import ExportError
from stressid_keras.export.runner import StudentRunner

SAMPLES = 32_000


@pytest.fixture(scope="module")
def path(exported_run):
    return exported_run.files["float32"]


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (np.zeros(0), "expected one window of 1 to 32000"),
        (np.zeros(SAMPLES + 1), "expected one window of 1 to 32000"),
        (np.zeros((2, 100)), "expected one window"),
        (np.full(100, np.nan), "NaN or infinite"),
    ],
)
def test_impossible_waveform_is_refused(path, waveform, message):
    with pytest.raises(ExportError, match=message):
        StudentRunner(path).predict_window(waveform)


@pytest.mark.parametrize("content", [b"", b"no model", b"\x00" * 4096])
def test_damaged_file_is_refused(tmp_path, content):
    path = tmp_path / "student.tflite"
    path.write_bytes(content)
    with pytest.raises(ExportError, match="is no exported student"):
        StudentRunner(path)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(ExportError, match="is no exported student"):
        StudentRunner(tmp_path / "student.tflite")

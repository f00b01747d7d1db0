"""The exported student: built-in operations, equal to the Keras model, from the wav file alone."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import soundfile

from stressid_keras.config import AudioConfig, StudentConfig
from stressid_keras.errors import ExportError
from stressid_keras.export.runner import StudentRunner
from stressid_keras.export.tflite import export_student
from stressid_keras.models import build_student
from stressid_keras.preprocessing import load_waveform, log_mel

AUDIO = AudioConfig()
SAMPLES = 64_000


@pytest.fixture(scope="module")
def student():
    keras.utils.set_random_seed(1)
    return build_student(3, AUDIO.n_mels, StudentConfig(filters=(4, 6, 8), feature_size=12))


def keras_outputs(student, waveform):
    """Probabilities and feature by the way that preparation and training go."""
    image = log_mel(waveform, AUDIO)
    size = np.array([image.shape], "int32")
    outputs = student(
        {"audio": image[None, :, :, None].astype("float32"), "audio_size": size}, training=False
    )
    logits = keras.ops.softmax(outputs["logits"])
    return keras.ops.convert_to_numpy(logits)[0], keras.ops.convert_to_numpy(outputs["feature"])[0]


@pytest.fixture(scope="module")
def exported(student, tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "student.tflite"
    waveform = np.random.default_rng(0).normal(0, 0.1, SAMPLES).astype("float32")
    expected, _ = keras_outputs(student, waveform)
    return path, export_student(student, path, AUDIO, SAMPLES, [("noise", waveform, expected)])


def test_report_says_what_was_compared(exported):
    path, report = exported
    assert report["windows"] == 1
    assert report["max_difference"] < 1e-3
    assert report["bytes"] == path.stat().st_size


def test_only_built_in_operations(exported):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(exported[0]))
    names = {operation["op_name"] for operation in interpreter._get_ops_details()}
    assert "CONV_2D" in names
    assert not {name for name in names if name.startswith("Flex") or name == "CUSTOM"}


@pytest.mark.parametrize("length", [SAMPLES, 40_123, 16_384, 700])
def test_agrees_with_keras_at_any_length(student, exported, length):
    generator = np.random.default_rng(length)
    waveform = (generator.normal(0, 0.2, length) * np.linspace(1, 0.1, length)).astype("float32")
    probabilities, feature = StudentRunner(exported[0]).predict_window(waveform)
    expected, expected_feature = keras_outputs(student, waveform)
    np.testing.assert_allclose(probabilities, expected, atol=1e-3)
    np.testing.assert_allclose(feature, expected_feature, atol=1e-2)


ALONE = """
import sys
import numpy as np, soundfile
from ai_edge_litert.interpreter import Interpreter
waveform, rate = soundfile.read(sys.argv[2], dtype="float32")
assert rate == 16000
interpreter = Interpreter(sys.argv[1])
run = interpreter.get_signature_runner()
buffer = np.zeros((1, run.get_input_details()["waveform"]["shape"][1]), "float32")
buffer[0, : len(waveform)] = waveform
np.save(sys.argv[3], run(waveform=buffer)["probabilities"][0])
assert not {"librosa", "tensorflow", "keras", "stressid_keras"} & set(sys.modules)
"""


def test_wav_file_alone_gives_the_same_probabilities(student, exported, tiny_tree, tmp_path):
    """LiteRT and the wav file, nothing of this package, on a recording of the synthetic tree."""
    wav = sorted(tiny_tree.glob("Audio/*/*.wav"))[0]
    assert soundfile.info(wav).samplerate == AUDIO.sample_rate
    found = tmp_path / "found.npy"
    subprocess.run([sys.executable, "-c", ALONE, str(exported[0]), str(wav), str(found)], check=True)
    expected, _ = keras_outputs(student, load_waveform(wav, AUDIO.sample_rate))
    np.testing.assert_allclose(np.load(found), expected, atol=1e-3)


def test_model_that_differs_is_not_exported(student, tmp_path):
    waveform = np.random.default_rng(0).normal(0, 0.1, 16_000).astype("float32")
    wrong = np.array([0.2, 0.3, 0.5], "float32")
    with pytest.raises(ExportError, match=r"student.tflite gives .* expected a difference of at most 0.001"):
        export_student(student, tmp_path / "student.tflite", AUDIO, 16_000, [("noise", waveform, wrong)])
    assert not list(tmp_path.iterdir())


def test_nothing_to_compare_with_is_an_error(student, tmp_path):
    with pytest.raises(ExportError, match="no window with a waveform"):
        export_student(student, tmp_path / "student.tflite", AUDIO, 16_000, [])


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (np.zeros(0), "expected one window of 1 to 64000"),
        (np.zeros(SAMPLES + 1), "expected one window of 1 to 64000"),
        (np.zeros((2, 100)), "expected one window"),
        (np.full(100, np.nan), "NaN or infinite"),
    ],
)
def test_impossible_waveform_is_refused(exported, waveform, message):
    with pytest.raises(ExportError, match=message):
        StudentRunner(exported[0]).predict_window(waveform)


@pytest.mark.parametrize("content", [b"", b"no model", b"\x00" * 4096])
def test_damaged_file_is_refused(tmp_path, content):
    path = tmp_path / "student.tflite"
    path.write_bytes(content)
    with pytest.raises(ExportError, match="is no exported student"):
        StudentRunner(path)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(ExportError, match="is no exported student"):
        StudentRunner(tmp_path / "student.tflite")

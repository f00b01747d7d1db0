"""A description that is not the model's: refused, whatever of it was changed, also where nothing seals it."""

import json

import pytest

from stressid_keras import StudentRunner
from stressid_keras.config import AudioConfig
from stressid_keras.runtime.graph import read_graph

from ..small_export import AUDIO, WINDOW, write_export
from .test_archive import parts, unsealed
from .test_bad_input import refused


def front_end(**changes):
    return {"n_fft": 1024, "hop_length": 512, "n_mels": 32, "top_db": 80.0} | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sample_rate": 8_000}, "at 8000 Hz, and its model has one for 16000 Hz"),
        ({"sample_rate": 8_000, "window_seconds": None}, "its model has one for 16000 Hz"),
        ({"sample_rate": 16_001}, "at 16001 Hz, and its model has one for 16000 Hz"),
        ({"sample_rate": 22_050}, "its model has one for 16000 Hz"),
        ({"front_end": front_end(n_fft=2048)}, "a filterbank of 32 mel bands of 2048 samples"),
        ({"front_end": front_end(n_mels=64)}, "a filterbank of 64 mel bands"),
        ({"front_end": front_end(n_mels=16)}, "a filterbank of 16 mel bands"),
        ({"front_end": front_end(hop_length=256)}, "does not cut frames 256 samples apart"),
        ({"front_end": front_end(hop_length=1024)}, "does not cut frames 1024 samples apart"),
        ({"front_end": front_end(top_db=60.0)}, "another dynamic range than 60.0 dB"),
        ({"front_end": front_end(top_db=1.0)}, "another dynamic range than 1.0 dB"),
        ({"front_end": front_end(hop_length=500)}, "no usable front_end"),
        ({"front_end": front_end(fmax=4000.0)}, "says fmax 4000.0; its other numbers give 8000.0"),
        ({"front_end": front_end(fmin=20.0)}, "says fmin 20.0"),
        ({"window_seconds": 4.0}, "says window_seconds 4.0; its other numbers give 2.0"),
        ({"window_seconds": "2"}, "says window_seconds '2'"),
        ({"window_samples": 31_999}, "takes 32000 samples"),
        (
            {"outputs": {"probabilities": [1, 3]}},
            "describes the outputs {'probabilities': [1, 3]}, and it has",
        ),
        ({"class_names": ["a", "b"]}, "has 3 classes"),
        ({"hop_seconds": 2.1}, "no usable hop_seconds"),
        ({"hop_seconds": 1e-9}, "no usable hop_seconds"),
        ({"hop_seconds": 10**400}, "no usable hop_seconds"),
        ({"sample_rate": 10**12}, "no usable sample_rate"),
        ({"sample_rate": 3_999}, "no usable sample_rate"),
        ({"sample_rate": True}, "no usable sample_rate"),
        ({"window_samples": 10**8}, "has a window of"),
        ({"flatbuffer_sha256": "0"}, "no usable flatbuffer_sha256"),
    ],
)
def test_a_description_without_a_seal_is_compared_with_the_model(model, tmp_path, changes, message):
    assert message in refused(unsealed(model, tmp_path / "student.tflite", **changes))


def test_a_description_that_was_sealed_anew_is_compared_with_the_model(flatbuffers, tmp_path):
    path = write_export(tmp_path / "student.tflite", flatbuffers["float32"], sample_rate=8_000)
    assert "its model has one for 16000 Hz" in refused(path)


@pytest.mark.parametrize("variant", ["fp16", "int8"])
def test_other_variants_are_compared_as_well(flatbuffers, tmp_path, variant):
    from stressid_keras.export.quantise import schemes, to_float16, to_mixed_int8
    from stressid_keras.models.backbones import student_blocks

    from ..small_export import STUDENT, speech

    convert = {
        "fp16": to_float16,
        "int8": lambda content: to_mixed_int8(content, schemes(3)[0], student_blocks(STUDENT), [speech(2.0)]),
    }
    content = convert[variant](flatbuffers["float32"])
    path = tmp_path / "student.tflite"
    StudentRunner(write_export(path, content, variant=variant))
    for changes in ({"sample_rate": 22_050}, {"front_end": front_end(n_mels=40)}):
        assert "filterbank" in refused(write_export(path, content, **changes))


def test_the_metadata_for_mediapipe_are_compared_as_well(flatbuffers, tmp_path):
    from stressid_keras.runtime.mediapipe_metadata import with_mediapipe_metadata

    outputs = {"probabilities": [1, 3], "feature": [1, 12]}
    content = with_mediapipe_metadata(flatbuffers["float32"], 8_000, "student", "Random weights.")
    path = write_export(tmp_path / "student.tflite", content, outputs=outputs)
    assert "its metadata for MediaPipe name 8000 Hz and 1 channels, its model.json 16000 Hz" in refused(path)
    content = with_mediapipe_metadata(flatbuffers["float32"], 16_000, "student", "Random weights.")
    StudentRunner(write_export(path, content, outputs=outputs))
    broken = content.replace(b"M001", b"M999")
    assert "its metadata for MediaPipe are damaged" in refused(write_export(path, broken, outputs=outputs))


def test_every_front_end_that_can_be_exported_is_recognised(tmp_path):
    """Rates, sizes and ranges of which the graph is laid out differently."""
    from stressid_keras.config import StudentConfig
    from stressid_keras.export.convert import to_tflite
    from stressid_keras.export.deployed import build_deployed_model
    from stressid_keras.models import build_student
    from stressid_keras.runtime.front_end import check_front_end

    for audio in (
        AudioConfig(8_000, 256, 64, 40, 60.0),
        AudioConfig(48_000, 512, 512, 128, 100.0),  # bands without any frequency
        AudioConfig(22_050, 2048, 512, 20, 80.0),
    ):
        student = build_student(
            2, audio.n_mels, StudentConfig(backbone="statistics", filters=(2, 2), feature_size=4)
        )
        content = to_tflite(build_deployed_model(student, audio, WINDOW + 17))
        check_front_end(read_graph(content, "student"), audio, WINDOW + 17, "student")


def test_front_end_is_the_configuration_of_the_training(runner, model):
    assert runner.front_end == AUDIO
    assert json.loads(parts(model)[1]["model.json"])["seal"] == runner.description["seal"]

"""A file of a student that hears the speech encoder: described by its own front end, refused where that is another."""

import numpy as np
import pytest

from stressid_keras import StudentRunner
from stressid_keras.config import AudioConfig
from stressid_keras.runtime.heard import SpeechFrontEnd

from ..small_export import RATE, SPEECH_FRONT_END, SPEECH_STUDENT, deployed_student, speech, write_export
from .test_bad_input import refused
from .test_stream import streamed


@pytest.fixture(scope="module")
def flatbuffer():
    from stressid_keras.export.convert import to_tflite

    return to_tflite(deployed_student(SPEECH_STUDENT))


@pytest.fixture(scope="module")
def speech_runner(flatbuffer, tmp_path_factory):
    path = tmp_path_factory.mktemp("speech") / "student.tflite"
    return StudentRunner(write_export(path, flatbuffer, front_end=SPEECH_FRONT_END))


def test_it_says_what_it_hears_and_what_to_draw(speech_runner):
    assert speech_runner.front_end == SpeechFrontEnd(16_000, 400, 160, 40, -30.0)
    assert speech_runner.log_mel == AudioConfig()


def test_a_stream_gives_the_numbers_of_the_whole(speech_runner):
    waveform = speech(5.3, 48_000)
    expected = speech_runner.predict(waveform, 48_000)
    _, found = streamed(speech_runner, waveform, (7_001, 123), 48_000)
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-6)
    assert len(found.probabilities) == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_fft": 512}, "a filterbank of 40 mel bands of 512 samples"),
        ({"n_mels": 20}, "a filterbank of 20 mel bands"),
        ({"n_mels": 41}, "a filterbank of 41 mel bands"),
        ({"hop_length": 200}, "does not cut frames 200 samples apart"),
        ({"level": -20.0}, "another level than -20.0 dB"),
        ({"level": 0}, "no usable front_end: level is 0; expected"),
        ({"level": None}, "no usable front_end"),
        ({"level": 10**400}, "no usable front_end"),
        ({"n_fft": 401}, "no usable front_end: n_fft is 401; expected a product of two integers"),
        ({"hop_length": 401}, "no usable front_end: hop_length is 401; expected at most n_fft"),
        ({"fmax": 4000.0}, "says fmax 4000.0"),
        ({"kind": "whisper"}, "no usable front_end"),
        ({"kind": ["speech"]}, "no usable front_end"),
        ({"kind": None, "top_db": 80.0}, "no usable front_end"),
    ],
)
def test_another_front_end_than_the_models_is_refused(flatbuffer, tmp_path, changes, message):
    path = write_export(tmp_path / "student.tflite", flatbuffer, front_end=SPEECH_FRONT_END | changes)
    assert message in refused(path)


def test_another_rate_is_refused(flatbuffer, tmp_path):
    front_end = SPEECH_FRONT_END | {"fmax": 11_025.0}
    path = write_export(
        tmp_path / "student.tflite",
        flatbuffer,
        front_end=front_end,
        sample_rate=22_050,
        window_seconds=32_000 / 22_050,
    )
    assert "at 22050 Hz, and its model has one for 16000 Hz" in refused(path)


def test_a_log_mel_is_not_taken_for_speech_nor_speech_for_a_log_mel(flatbuffer, flatbuffers, tmp_path):
    path = tmp_path / "student.tflite"
    assert "filterbank of 32 mel bands of 1024 samples" in refused(write_export(path, flatbuffer))
    path = write_export(path, flatbuffers["float32"], front_end=SPEECH_FRONT_END)
    assert "filterbank of 40 mel bands of 400 samples" in refused(path)


@pytest.mark.parametrize("variant", ["fp16", "int8"])
def test_other_variants_are_compared_as_well(flatbuffer, tmp_path, variant):
    from stressid_keras.export.quantise import to_dynamic_int8, to_float16

    content = {"fp16": to_float16, "int8": to_dynamic_int8}[variant](flatbuffer)
    path = tmp_path / "student.tflite"
    runner = StudentRunner(write_export(path, content, variant=variant, front_end=SPEECH_FRONT_END))
    assert runner.predict(speech(1.0), RATE).mean.sum() == pytest.approx(1.0, abs=1e-5)
    changed = write_export(path, content, front_end=SPEECH_FRONT_END | {"n_mels": 20})
    assert "filterbank" in refused(changed)

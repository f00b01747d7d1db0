"""Bad models, files and arrays: one sentence each, never a number."""

import zipfile

import numpy as np
import pytest
import soundfile

from stressid_keras import StudentRunner
from stressid_keras.errors import ExportError, RecordingError

from ..small_export import RATE, speech, write_export


def sentence(kind, path, call):
    """What an error of a kind, raised by call(path), says: one line that names the file."""
    with pytest.raises(kind) as caught:
        call(path)
    message = str(caught.value)
    assert path.name in message
    assert message.count("\n") == 0
    return message


def refused(path):
    return sentence(ExportError, path, StudentRunner)


def test_a_keras_file_is_refused(small_student, tmp_path):
    path = tmp_path / "student.keras"
    small_student.save(path)
    assert "is a ZIP file, such as a .keras model is" in refused(path)
    assert "is a ZIP file" in refused(path.rename(tmp_path / "student.tflite"))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", r"it is empty \(0 bytes\)"), (b"no model", "not a TFLite"), (b"\0" * 4096, "not a TFLite")],
)
def test_no_model_is_refused(tmp_path, content, message):
    path = tmp_path / "student.tflite"
    path.write_bytes(content)
    with pytest.raises(ExportError, match=message):
        StudentRunner(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert "No such file" in refused(tmp_path / "student.tflite")
    assert "directory" in refused(tmp_path)


@pytest.mark.parametrize("kept", [5, 0.3, 0.9, -1, -30, -400])
def test_a_truncated_model_is_refused(model, tmp_path, kept):
    content, path = model.read_bytes(), tmp_path / "student.tflite"
    path.write_bytes(content[: int(kept * len(content))] if 0 < kept < 1 else content[:kept])
    assert "no exported student" in refused(path)


def test_a_model_without_metadata_is_refused(flatbuffers, tmp_path):
    path = tmp_path / "student.tflite"
    path.write_bytes(flatbuffers["float32"])
    assert "has no model.json that names its classes and window" in refused(path)


@pytest.mark.parametrize("place", [0.04, 0.2, 0.5, 0.9, 0.99])
def test_one_changed_byte_is_refused(model, tmp_path, place):
    """A changed weight does not disturb the interpreter: it would give other numbers."""
    content, path = bytearray(model.read_bytes()), tmp_path / "student.tflite"
    content[int(place * len(content))] ^= 0xFF
    path.write_bytes(content)
    assert "damaged" in refused(path)


def test_a_model_that_was_cut_before_it_was_described_is_refused_by_the_interpreter(flatbuffers, tmp_path):
    cut = flatbuffers["float32"][:20_000]
    path = write_export(tmp_path / "student.tflite", cut)
    assert "is no exported student" in refused(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "its model.json has format 2, this package reads format 1"),
        ({"class_names": ["Low"]}, "no usable class_names: ['Low']"),
        ({"class_names": ["Low", "Medium"]}, "takes 32000 samples and has 3 classes; expected 32000 and 2"),
        ({"sample_rate": 0}, "no usable sample_rate: 0"),
        ({"window_samples": 16_000.5}, "no usable window_samples"),
        ({"window_samples": 16_000}, "takes 32000 samples and has 3 classes; expected 16000 and 3"),
        ({"front_end": {"n_fft": 1024}}, "no usable front_end"),
        ({"hop_seconds": -1}, "no usable hop_seconds: -1"),
        ({"hop_seconds": float("nan")}, "no usable hop_seconds: nan"),
    ],
)
def test_metadata_that_cannot_be_used_are_refused(flatbuffers, tmp_path, changes, message):
    path = write_export(tmp_path / "student.tflite", flatbuffers["float32"], **changes)
    assert message in refused(path)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"labels.txt": "Low\nHigh\nMedium\n"}, "its labels.txt and its model.json name other classes"),
        ({"model.json": "{"}, "the model.json inside it is not JSON"),
        ({"model.json": "[]"}, "has format None"),
        ({"model.json": None}, "has no model.json"),
    ],
)
def test_an_archive_that_cannot_be_used_is_refused(model, tmp_path, texts, message):
    with zipfile.ZipFile(model) as archive:
        found = {entry.filename: archive.read(entry).decode() for entry in archive.infolist()}
        start = min(entry.header_offset for entry in archive.infolist())
    path = tmp_path / "student.tflite"
    path.write_bytes(model.read_bytes()[:start])
    with zipfile.ZipFile(path, "a") as archive:
        for name, text in {**found, **texts}.items():
            if text is not None:
                archive.writestr(name, text)
    assert message in refused(path)


@pytest.mark.parametrize("threads", [0, -1, 1.5, True])
def test_impossible_threads_are_refused(model, threads):
    with pytest.raises(ExportError, match=r"threads is .*; expected a whole number from 1"):
        StudentRunner(model, threads=threads)


def scored(runner, path):
    return sentence(RecordingError, path, runner.predict)


def test_a_wav_of_zero_length_is_refused(runner, tmp_path):
    path = tmp_path / "talk.wav"
    soundfile.write(path, np.zeros(0), RATE)
    assert "holds no samples" in scored(runner, path)
    path.write_bytes(b"")
    assert "is empty (0 bytes)" in scored(runner, path)


def test_an_mp3_renamed_to_wav_is_refused(runner, tmp_path):
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(2.0), RATE, format="MP3")
    assert "talk.wav holds MP3 and its name says .wav" in scored(runner, path)


def test_a_wav_renamed_to_mp3_or_flac_is_refused(runner, tmp_path):
    path = tmp_path / "talk.mp3"
    soundfile.write(path, speech(2.0), RATE, format="WAV")
    assert "talk.mp3 holds WAV and its name says .mp3" in scored(runner, path)
    assert "holds WAV and its name says .flac" in scored(runner, path.rename(tmp_path / "talk.flac"))


@pytest.mark.parametrize("name", ["talk.wav", "talk.mp3", "talk.txt", "talk.raw", "talk"])
def test_text_is_refused(runner, tmp_path, name):
    path = tmp_path / name
    path.write_text("It was a dark and stormy night.\n" * 200)
    assert "is not audio that can be read" in scored(runner, path)


def test_a_truncated_wav_is_refused(runner, tmp_path):
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(2.0), RATE)
    path.write_bytes(path.read_bytes()[:20_000])
    assert "is truncated" in scored(runner, path)


def test_a_truncated_flac_is_refused(runner, tmp_path):
    path = tmp_path / "talk.flac"
    soundfile.write(path, speech(4.0), RATE)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    scored(runner, path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_file_with_samples_that_are_not_finite_is_refused(runner, tmp_path, value):
    path, waveform = tmp_path / "talk.wav", speech(2.0)
    waveform[-1] = value
    soundfile.write(path, waveform, RATE, subtype="FLOAT")
    assert "talk.wav holds NaN or infinite samples" in scored(runner, path)


def test_a_file_of_too_low_a_rate_is_refused(runner, tmp_path):
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(2.0), 2_000)
    assert "the rate is 2000; expected 4000 to 768000 Hz" in scored(runner, path)


def test_whatever_a_recording_brings_about_is_a_sentence_of_that_recording(runner, tmp_path, monkeypatch):
    """So that one never ends a loop over many."""
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(2.0), RATE)
    monkeypatch.setattr("stressid_keras.runtime.runner.open_mono", lambda path, channel: [][1])
    assert "cannot be scored ('IndexError list index out of range')" in scored(runner, path)
    with pytest.raises(RecordingError, match="cannot be"):
        runner.predict("a\0b.wav")


@pytest.mark.parametrize("kind", [">i2", ">f8", "<f4", "longdouble"])
def test_samples_of_any_byte_order_and_layout_mean_the_same(runner, kind):
    samples = speech(3.0) * (30_000 if "i" in kind else 1)
    expected = runner.predict(samples.astype(np.dtype(kind).newbyteorder("=")), RATE).probabilities
    given = np.repeat(samples, 2).astype(kind)[::2]
    given.flags.writeable = False
    np.testing.assert_array_equal(runner.predict(given, RATE).probabilities, expected)


def test_a_missing_recording_and_a_folder_are_refused(runner, tmp_path):
    assert "No such file" in scored(runner, tmp_path / "talk.wav")
    assert "directory" in scored(runner, tmp_path)


class OnAnotherDevice:
    def __array__(self, *_, **__):
        raise TypeError("can't convert it")


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(0), "shape (0,); expected (n,) or (n, channels), not empty"),
        (np.zeros((100, 0)), "not empty"),
        (np.zeros((2, 100, 1)), "shape (2, 100, 1); expected (n,) or (n, channels)"),
        (np.float32(0.5), "shape ()"),
        (np.zeros((2, 16_000)), "16000 channels; expected (n, channels), at most 64"),
        (np.full(100, np.nan), "NaN or infinite"),
        (np.full(100, 1e300), "NaN or infinite"),
        (np.full((100, 2), 3e38, "float32"), "too large to average over 2 channels"),
        (np.zeros(100, "complex64"), "the type complex64; expected floating point"),
        (np.zeros(100, "int64"), "the type int64; expected floating point in [-1, 1], or PCM as int16"),
        (np.zeros(100, "uint16"), "the type uint16"),
        (np.zeros(100, "bool"), "the type bool"),
        (np.array(["a", "b"]), "the type str"),
        ([[0.1, 0.2], [0.3]], "rows have different lengths"),
        (None, "the type object"),
        (np.array([0.1, None]), "the type object"),
        (np.ma.masked_array(np.zeros(100), mask=np.arange(100) > 90), "the recording has masked samples"),
        (np.full(100, np.inf, "float16"), "NaN or infinite"),
        (np.zeros(4, "i4,f4"), "the type void64"),
        (OnAnotherDevice(), "is no array of NumPy: TypeError can't convert it"),
    ],
)
def test_samples_that_cannot_be_scored_are_refused(runner, samples, message):
    with pytest.raises(ExportError) as caught:
        runner.predict(samples, RATE)
    assert message in str(caught.value)


@pytest.mark.parametrize("rate", [0, -16_000, 3_999, 1e9, np.nan, "16000", True])
def test_impossible_rates_are_refused(runner, rate):
    with pytest.raises(ExportError, match=r"the rate is .*; expected 4000 to 768000 Hz"):
        runner.predict(np.zeros(100), rate)
    with pytest.raises(ExportError, match="the rate is"):
        runner.stream(rate)


@pytest.mark.parametrize("hop", [0, -1, np.nan, np.inf, "1", 1e308, 1e-9, 10**400])
def test_impossible_hops_are_refused(runner, tmp_path, hop):
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(1.0), RATE)
    for source, rate in ((speech(1.0), RATE), (path, None)):
        with pytest.raises(ExportError, match=r"the hop is .*; expected a positive number of seconds"):
            runner.predict(source, rate, hop)


def test_a_rate_goes_with_samples_and_not_with_a_file(runner, tmp_path):
    with pytest.raises(ExportError, match="no rate was given with the samples"):
        runner.predict(np.zeros(100))
    with pytest.raises(ExportError, match="expected none, for the file knows its own"):
        runner.predict(tmp_path / "talk.wav", rate=RATE)


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (np.zeros(0), "expected one window of 1 to 32000 samples"),
        (np.zeros(32_001), "expected one window of 1 to 32000 samples"),
        (np.zeros((2, 100)), r"has shape \(2, 100\); expected one window"),
        (np.full(100, np.nan), "the waveform holds NaN or infinite samples"),
        (np.zeros(100, "complex64"), "the waveform has the type complex64"),
        (np.zeros(100, "int64"), "the waveform has the type int64"),
    ],
)
def test_what_is_no_window_is_refused(runner, waveform, message):
    with pytest.raises(ExportError, match=message):
        runner.predict_window(waveform)

"""Recordings of any length, rate and kind, by LiteRT alone."""

import subprocess
import sys

import numpy as np
import pytest
import soundfile
import soxr

from stressid_keras import StudentRunner
from stressid_keras.preprocessing import load_waveform

from ..small_export import CLASS_NAMES, HOP, RATE, WINDOW, speech


def interpreted(model, waveform, hop=HOP):
    """Starts, and probabilities (windows, classes), written out once more with the interpreter alone."""
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(str(model)).get_signature_runner()
    starts = list(range(0, max(len(waveform) - WINDOW, 0) + 1, hop))
    if starts[-1] + WINDOW < len(waveform):
        starts.append(len(waveform) - WINDOW)
    windows = [np.pad(part := waveform[start : start + WINDOW], (0, WINDOW - len(part))) for start in starts]
    windows = [(window / max(1, np.abs(window).max())).astype("float32") for window in windows]
    return starts, np.stack([run(waveform=window[None])["probabilities"][0] for window in windows])


@pytest.mark.parametrize(
    "length", [1, 700, WINDOW - 1, WINDOW, WINDOW + 1, WINDOW + HOP, WINDOW + HOP + 5000]
)
def test_a_recording_of_any_length_has_the_interpreters_numbers(runner, model, length):
    waveform = speech(5.0)[:length]
    starts, expected = interpreted(model, waveform)
    found = runner.predict(waveform, RATE)
    np.testing.assert_array_equal(found.starts, np.array(starts) / RATE)
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)
    np.testing.assert_allclose(found.mean, expected.mean(axis=0), atol=1e-6)
    assert found.label == CLASS_NAMES[expected.mean(axis=0).argmax()]
    assert found.seconds == length / RATE
    assert found.features.shape == (len(starts), 12)
    assert found.silent.all() == (length == 1)  # a single sample does not deviate from its mean


@pytest.mark.parametrize("hop", [0.25, 1 / 3, 2.0, 3.5])
def test_another_hop_may_be_asked_for(runner, model, hop):
    waveform = speech(6.2)
    starts, expected = interpreted(model, waveform, round(hop * RATE))
    found = runner.predict(waveform, RATE, hop)
    np.testing.assert_array_equal(found.starts, np.array(starts) / RATE)
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)


def test_windows_differ_so_that_the_comparisons_can_fail(runner):
    assert np.ptp(runner.predict(speech(6.2), RATE).probabilities, axis=0).max() > 0.01


@pytest.mark.parametrize(
    ("rate", "subtype", "channels", "suffix"),
    [
        (RATE, "PCM_16", 1, ".wav"),
        (8_000, "PCM_16", 1, ".wav"),
        (96_000, "PCM_16", 1, ".wav"),
        (44_100, "PCM_24", 2, ".wav"),
        (RATE, "PCM_U8", 2, ".wav"),
        (22_050, "FLOAT", 3, ".WAV"),
        (48_000, "PCM_24", 1, ".flac"),
    ],
)
def test_a_file_is_scored_as_preparation_would_read_it(
    runner, model, tmp_path, rate, subtype, channels, suffix
):
    path = tmp_path / f"talk{suffix}"
    soundfile.write(
        path, 0.9 * speech(3.3, rate)[:, None] * np.linspace(1, 0.3, channels), rate, subtype=subtype
    )
    _, expected = interpreted(model, load_waveform(path, RATE))
    np.testing.assert_allclose(runner.predict(path).probabilities, expected, atol=1e-5)
    np.testing.assert_allclose(runner.predict(str(path)).probabilities, expected, atol=1e-5)


def test_an_mp3_that_is_called_so_is_scored(runner, tmp_path):
    path = tmp_path / "talk.mp3"
    soundfile.write(path, speech(3.0, 44_100), 44_100, format="MP3")
    expected = runner.predict(speech(3.0), RATE)
    assert abs(runner.predict(path).mean - expected.mean).max() < 0.1  # of another codec


@pytest.mark.parametrize("kind", ["int16", "int32", "uint8", "float64", "float16"])
def test_samples_mean_what_their_type_means_in_a_wav_file(runner, kind):
    waveform = speech(2.5)
    half = {"int16": 2.0**15, "int32": 2.0**31, "uint8": 128}.get(kind)
    if half:
        samples = (np.round(waveform * half * 0.9) + (128 if kind == "uint8" else 0)).astype(kind)
        floats = ((samples.astype("float64") - (128 if kind == "uint8" else 0)) / half).astype("float32")
    else:
        samples = waveform.astype(kind)
        floats = samples.astype("float32")
    expected = runner.predict(floats, RATE)
    np.testing.assert_array_equal(runner.predict(samples, RATE).probabilities, expected.probabilities)


def test_channels_are_averaged(runner):
    waveform = speech(2.5)
    stereo = np.stack([waveform, -0.5 * waveform], axis=1)
    expected = runner.predict(stereo.mean(axis=1), RATE)
    np.testing.assert_array_equal(runner.predict(stereo, RATE).probabilities, expected.probabilities)


def test_beyond_full_scale_is_divided_window_by_window_and_silence_is_named(runner):
    quiet = 0.5 * speech(2.0)
    loud = np.concatenate([quiet, np.zeros(2 * RATE, "float32"), 7 * quiet / np.abs(quiet).max()])
    found = runner.predict(loud, RATE, hop=2.0)
    assert found.silent.tolist() == [False, True, False]
    assert np.isfinite(found.probabilities).all()
    np.testing.assert_allclose(found.mean, found.probabilities.mean(axis=0), atol=1e-7)
    np.testing.assert_allclose(found.probabilities[0], runner.predict(quiet, RATE).mean, atol=1e-6)
    peak = runner.predict((quiet / np.abs(quiet).max()).astype("float32"), RATE)
    np.testing.assert_allclose(found.probabilities[2], peak.mean, atol=1e-5)


def test_resampling_is_that_of_preparation(runner, model):
    waveform = speech(3.7, 44_100)
    _, expected = interpreted(model, soxr.resample(waveform, 44_100, RATE, quality="HQ"))
    np.testing.assert_allclose(runner.predict(waveform, 44_100).probabilities, expected, atol=1e-6)


def test_a_file_for_mediapipe_gives_the_same_probabilities_and_no_feature(runner, mediapipe_model):
    other = StudentRunner(mediapipe_model)
    assert other.description["variant"] == "mediapipe"
    probabilities, feature = other.predict_window(speech(1.5))
    assert feature is None
    np.testing.assert_allclose(probabilities, runner.predict_window(speech(1.5))[0], atol=1e-6)
    assert other.predict(speech(4.5), RATE).features is None


def test_attributes_come_from_the_file(runner):
    assert (runner.samples, runner.sample_rate, runner.hop) == (WINDOW, RATE, HOP / RATE)
    assert runner.class_names == tuple(CLASS_NAMES)
    assert runner.description["front_end"]["n_mels"] == 32


ALONE = """
import sys
from stressid_keras import StudentRunner
runner = StudentRunner(sys.argv[1])
prediction = runner.predict(sys.argv[2])
stream = runner.stream(16000)
stream.push(prediction.mean)
stream.finish()
print(prediction.label)
assert not {"tensorflow", "keras", "librosa", "torch", "jax", "pandas", "sklearn", "cv2"} & set(sys.modules)
"""


def test_nothing_but_litert_is_loaded(runner, model, tmp_path):
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech(3.0, 44_100), 44_100)
    result = subprocess.run(
        [sys.executable, "-c", ALONE, str(model), str(path)], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == runner.predict(path).label

"""Frames of mel power as librosa computes them, of speech that is loud enough."""

import numpy as np
import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.media.speech import speech_frames

from ...speech_signals import waveforms


def level(waveform):
    return 20 * np.log10(np.sqrt(np.mean(np.square(waveform, dtype=np.float64))))


@pytest.mark.filterwarnings("ignore:n_fft=400 is too large")  # of librosa, for less than a frame
@pytest.mark.parametrize("name", waveforms())
def test_frames_are_the_mel_power_of_librosa(librosa, name):
    waveform = waveforms()[name]
    raised = waveform * max(1.0, 10 ** ((-30 - level(waveform)) / 20)) if waveform.any() else waveform
    options = {"n_fft": 400, "hop_length": 160, "n_mels": 40, "pad_mode": "constant"}
    expected = librosa.feature.melspectrogram(y=raised.astype(np.float32), sr=16_000, **options).T
    found = speech_frames(waveform)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6 * expected.max())


def test_quiet_speech_is_raised_and_loud_speech_stays():
    speech = waveforms()["speech"]
    quiet = speech * 10 ** ((-50 - level(speech)) / 20)
    np.testing.assert_allclose(speech_frames(quiet), speech_frames(0.1 * quiet), rtol=1e-4)
    loud = speech * 10 ** ((-20 - level(speech)) / 20)
    np.testing.assert_allclose(speech_frames(2 * loud), 4 * speech_frames(loud), rtol=1e-4)


@pytest.mark.parametrize("waveform", [np.zeros((2, 100)), np.array([0.0, np.nan])])
def test_what_is_no_waveform_is_refused(waveform):
    with pytest.raises(StressIDError, match="expected one channel, all finite"):
        speech_frames(waveform)

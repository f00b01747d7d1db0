"""The encoder's statistics as features: the same names for every waveform, nearer for one voice than for two."""

import subprocess
import sys

import numpy as np
import pytest

from stressid_keras.analysis.baselines.speech_features import speech_features
from stressid_keras.dataset.synthetic.voice import voice
from stressid_keras.errors import StressIDError
from stressid_keras.media.speech import load_weights, speech_statistics

from ...speech_signals import waveforms


def test_features_are_the_statistics_by_name():
    waveform = waveforms()["speech"]
    found = speech_features(waveform, 16_000)
    assert list(found.values()) == speech_statistics(waveform, load_weights()).tolist()
    assert list(found) == list(speech_features(waveforms()["one sample"], 16_000))
    assert {name.rpartition("_")[0] for name in found} == {
        "speech_layer2_mean",
        "speech_layer2_std",
        "speech_layer3_mean",
        "speech_layer3_std",
    }


def test_another_rate_hardly_matters():
    import soxr

    waveform = waveforms()["speech"]
    expected = np.array(list(speech_features(waveform, 16_000).values()))
    again = speech_features(soxr.resample(waveform, 16_000, 44_100), 44_100)
    assert np.abs(np.array(list(again.values())) - expected).max() < 0.05


def test_two_voices_lie_further_apart_than_two_recordings_of_one():
    def features(person, recording):
        generators = np.random.default_rng(person), np.random.default_rng(100 + recording)
        waveform = voice(1.0, *generators, 4.0, 16_000).astype("float32")
        return np.array(list(speech_features(waveform, 16_000).values()))

    one, again, other = features(1, 1), features(1, 2), features(2, 3)
    assert np.linalg.norm(one - again) < np.linalg.norm(one - other)


@pytest.mark.parametrize("waveform", [np.zeros(0), np.zeros((2, 100)), np.array([np.nan, 0.0])])
def test_what_is_no_waveform_is_refused(waveform):
    with pytest.raises(StressIDError, match="expected one channel"):
        speech_features(waveform, 16_000)


def test_features_need_no_keras():
    code = (
        "import sys, numpy as np\n"
        "from stressid_keras.media.speech import load_weights, speech_statistics\n"
        "speech_statistics(np.zeros(100), load_weights())\n"
        "assert not {'keras', 'tensorflow', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

"""The wheel's own code, on its own weights, gives the same; skipped where the wheel is not installed."""

import importlib
import importlib.util
import sys
from types import ModuleType

import numpy as np
import pytest

from stressid_keras.media.speech import load_weights, speech_frames, speech_statistics, weights
from stressid_keras.media.speech.checkpoint import ENTRY, read_checkpoint

from ...speech_signals import waveforms

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("resemblyzer") is None,
    reason="pip install --no-deps resemblyzer==0.1.4 brings what this compares with",
)


@pytest.fixture
def resemblyzer(monkeypatch, librosa):
    """The package, without its voice activity detector and its place in an older SciPy, neither of which is asked."""
    pytest.importorskip("torch")
    for name, attribute in (("webrtcvad", "Vad"), ("scipy.ndimage.morphology", "binary_dilation")):
        stub = ModuleType(name)
        setattr(stub, attribute, None)
        monkeypatch.setitem(sys.modules, name, stub)
    return importlib.import_module("resemblyzer")


@pytest.fixture
def checkpoint():
    folder = importlib.util.find_spec("resemblyzer").submodule_search_locations[0]
    return f"{folder}/{ENTRY.partition('/')[2]}"


def theirs(resemblyzer, waveform):
    """Their frames, and the outputs of the three layers for their segments."""
    import torch

    encoder = resemblyzer.VoiceEncoder("cpu", verbose=False)
    raised = resemblyzer.audio.normalize_volume(waveform, -30, increase_only=True)
    frames = resemblyzer.audio.wav_to_mel_spectrogram(raised)
    _, pieces = encoder.compute_partial_slices(len(waveform), rate=1.3, min_coverage=1.0)
    assert [piece.start for piece in pieces] == list(range(0, len(frames) - 159, 77))
    x, found = torch.from_numpy(np.stack([frames[piece] for piece in pieces])), []
    for number in range(3):
        layer = torch.nn.LSTM(x.shape[-1], 256, batch_first=True)
        layer.load_state_dict(
            {
                name: encoder.lstm.state_dict()[name.replace("_l0", f"_l{number}")]
                for name in layer.state_dict()
            }
        )
        with torch.no_grad():
            x, (last, _) = layer(x)
        found.append(x.numpy())
    with torch.no_grad():
        _, (whole, _) = encoder.lstm(torch.from_numpy(np.stack([frames[piece] for piece in pieces])))
    np.testing.assert_allclose(last[0], whole[2], atol=1e-6)
    return frames, found


@pytest.mark.parametrize("name", ["speech", "quiet speech"])
def test_frames_and_statistics_are_theirs(resemblyzer, checkpoint, name):
    waveform = waveforms()[name]
    frames, (_, second, third) = theirs(resemblyzer, waveform)
    np.testing.assert_allclose(speech_frames(waveform), frames, rtol=1e-4, atol=1e-6 * frames.max())
    expected = np.concatenate(
        [part for layer in (second, third) for part in (layer.mean(axis=(0, 1)), layer.std(axis=(0, 1)))]
    )
    found = speech_statistics(waveform, read_checkpoint(checkpoint))
    np.testing.assert_allclose(found, expected, atol=1e-4)
    np.testing.assert_allclose(speech_statistics(waveform, load_weights()), expected, atol=1e-3)


def test_the_weights_are_theirs(checkpoint):
    import hashlib

    content = weights.packed(read_checkpoint(checkpoint))
    assert hashlib.sha256(content).hexdigest() == weights.SHA256

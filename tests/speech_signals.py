"""Waveforms at 16 kHz for tests of the speech encoder: of every length and level that its branches ask for."""

import numpy as np

from stressid_keras.dataset.synthetic.voice import voice


def waveforms():
    """Name → (n,) float32."""
    generator = np.random.default_rng(0)
    talk = voice(1.0, np.random.default_rng(1), np.random.default_rng(2), 4.0, 16_000).astype("float32")
    return {
        "speech": talk / np.abs(talk).max(),
        "quiet speech": 0.01 * talk / np.abs(talk).max(),
        "noise of one segment": generator.normal(0, 0.1, 159 * 160).astype("float32"),
        "noise of less than one segment": generator.normal(0, 0.1, 159 * 160 - 1).astype("float32"),
        "less than a frame": generator.normal(0, 0.1, 100).astype("float32"),
        "one sample": np.array([0.5], "float32"),
        "silence": np.zeros(30_000, "float32"),
    }


def batch(waveforms, behind=0.0, extra=0):
    """(B, samples) filled up with `behind`, and true samples (B, 1)."""
    longest = max(map(len, waveforms)) + extra
    padded = np.full((len(waveforms), longest), behind, "float32")
    for row, waveform in zip(padded, waveforms, strict=True):
        row[: len(waveform)] = waveform
    return padded, np.array([[len(waveform)] for waveform in waveforms], "int32")

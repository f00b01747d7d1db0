"""Levels and lengths of waveforms."""

import numpy as np


def rms(waveform: np.ndarray) -> float:
    """Root of the mean square; 0 of nothing."""
    return float(np.sqrt(np.mean(np.square(waveform, dtype=np.float64)))) if len(waveform) else 0.0


def within_full_scale(waveform: np.ndarray) -> np.ndarray:
    """float32, divided by its peak if that exceeds 1: the log-mel does not see a gain, but it does see clipping."""
    return (waveform / max(1.0, float(np.abs(waveform).max(initial=0.0)))).astype(np.float32)


def fitted(waveform: np.ndarray, n_samples: int) -> np.ndarray:
    """Cut at the end, or filled up with zeros."""
    return np.pad(waveform[:n_samples], (0, max(0, n_samples - len(waveform))))


def added_at(snr: float, waveform: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The sum of a waveform and noise whose RMS lies `snr` dB below; (n,) float32, within full scale."""
    level = rms(noise)
    if not level:
        return waveform.astype(np.float32)
    return within_full_scale(waveform + noise * (rms(waveform) / level * 10 ** (-snr / 20)))

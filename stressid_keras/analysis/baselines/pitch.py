"""The pitch of a voice by YIN, in NumPy and SciPy (why not librosa's: see `frame_measures`)."""

import numpy as np
import scipy.fft

from stressid_keras.analysis.baselines.frame_measures import FRAME, TINY, frames_of

TROUGH = 0.1  # of the normalised difference, below which a period is believed; librosa's default


def yin(waveform: np.ndarray, sample_rate: float, lowest: float, highest: float) -> np.ndarray:
    """Fundamental frequency (frames,) in Hz, between about `lowest` and `highest`, also where nothing is voiced.

    Equal to `librosa.yin` with its defaults, which a test holds it to.

    Source: A. de Cheveigné, H. Kawahara, "YIN, a fundamental frequency estimator for speech and music", JASA 111,
    2002, DOI 10.1121/1.1458024.
    """
    first, last = int(sample_rate // highest), min(int(np.ceil(sample_rate / lowest)), FRAME - 1)
    difference = _normalised_difference(frames_of(waveform), last)[:, first - 1 :]  # [:, 0]: period `first`
    inner, before, after = difference[:, 1:-1], difference[:, :-2], difference[:, 2:]
    troughs = np.zeros(difference.shape, bool)
    troughs[:, 1:-1] = (inner < before) & (inner <= after)
    troughs[:, 0] = difference[:, 0] < difference[:, 1]
    troughs[:, -1] = difference[:, -1] < difference[:, -2]
    troughs &= difference < TROUGH
    chosen = np.where(troughs.any(axis=-1), troughs.argmax(axis=-1), difference.argmin(axis=-1))
    shifts = np.zeros(difference.shape)
    shifts[:, 1:-1] = _vertex(before, inner, after)
    rows = np.arange(len(difference))
    return sample_rate / (first + chosen + shifts[rows, chosen])


def _normalised_difference(frames: np.ndarray, last: int) -> np.ndarray:
    """(frames, last): equation 8 of the paper, for periods of 1 to `last` samples."""
    spectra = scipy.fft.rfft(frames, scipy.fft.next_fast_len(2 * FRAME - 1, real=True))
    length = 2 * (spectra.shape[1] - 1)
    correlation = scipy.fft.irfft(spectra.real**2 + spectra.imag**2, length)[:, : last + 1]
    energy = np.square(frames[:, :last]).cumsum(axis=-1)
    difference = 2 * (correlation[:, :1] - correlation[:, 1:]) - energy
    means = difference.cumsum(axis=-1) / np.arange(1, last + 1)
    return difference / (means + TINY)


def _vertex(before: np.ndarray, at: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Where the parabola through three neighbours turns, from the middle one on; 0 if that is not between them."""
    curvature, slope = before + after - 2 * at, (after - before) / 2
    inside = np.abs(slope) < np.abs(curvature)
    return np.where(inside, -slope / np.where(inside, curvature, 1.0), 0.0)

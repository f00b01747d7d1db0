"""What is measured in the frames of a waveform: levels, zero crossings and spectra.

Each function equals librosa's of the same purpose with its defaults, which a test holds it to. They are written out
because librosa compiles with Numba: 40 s of CPU in a new environment and 4 s in every later process, into a cache
that two processes writing at once leave wrong or crashing for all later ones (librosa 0.11, Numba 0.68).

Arrays are (frames, ...); spectra are magnitudes (frames, 1 + FRAME // 2).
"""

import functools
import itertools

import numpy as np
import scipy.fft
import scipy.signal

from stressid_keras.media.mel import mel_filterbank

FRAME = 2048  # samples of a frame; librosa's default, which the paper's authors left as it is
HOP = 512  # samples between frames; likewise
MEL_BANDS = 128  # likewise
AMIN = 1e-10  # least power, before a logarithm; likewise
TOP_DB = 80.0  # below the loudest that decibels reach; likewise
CROSSING_LEVEL = 1e-10  # full scale is 1; nearer to zero a sample is zero, which counts as positive; likewise
CONTRAST_SHARE = 0.02  # of a band's frequencies, that are its peak and its valley; likewise
ROLLOFF_SHARE = 0.85  # of the magnitudes, that lie below the roll-off; likewise
A4 = 440.0  # Hz
CHROMA_CENTRE, CHROMA_WIDTH = (
    5.0,
    2.0,
)  # octaves above 27.5 Hz, and about it, that count most; librosa's defaults
TINY = np.finfo(np.float32).tiny  # a sum below it is not divided by


def frames_of(waveform: np.ndarray, mode: str = "constant") -> np.ndarray:
    """Frames (1 + n // HOP, FRAME) about every HOP-th of n samples, at the ends padded as `numpy.pad` does."""
    padded = np.pad(waveform, FRAME // 2, mode=mode)
    return np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]


def magnitudes(waveform: np.ndarray) -> np.ndarray:
    """Short-time Fourier transform under a periodic Hann window, without phase."""
    return np.abs(scipy.fft.rfft(frames_of(waveform) * scipy.signal.get_window("hann", FRAME)))


def levels(waveform: np.ndarray) -> np.ndarray:
    """(frames,) root mean squares."""
    return np.sqrt(np.square(frames_of(waveform)).mean(axis=-1))


def zero_crossing_rates(waveform: np.ndarray) -> np.ndarray:
    """(frames,) crossings a sample."""
    negative = np.signbit(np.where(np.abs(waveform) <= CROSSING_LEVEL, 0.0, waveform))
    frames = frames_of(negative, "edge")
    return np.count_nonzero(frames[:, 1:] != frames[:, :-1], axis=-1) / FRAME


def mel_cepstrum(magnitude: np.ndarray, sample_rate: float, count: int) -> np.ndarray:
    """(frames, count) mel-frequency cepstral coefficients."""
    mel = magnitude**2 @ mel_filterbank(sample_rate, FRAME, MEL_BANDS)
    return scipy.fft.dct(_decibels(mel), norm="ortho")[:, :count]


def slopes(rows: np.ndarray, width: int, order: int) -> np.ndarray:
    """Derivatives of rows (frames, n) along the frames, by polynomials fitted to `width` of them (Savitzky & Golay)."""
    return scipy.signal.savgol_filter(rows, width, order, deriv=order, axis=0)


def centroids(magnitude: np.ndarray, sample_rate: float) -> np.ndarray:
    """(frames,) Hz: the mean frequency."""
    return _shares(magnitude) @ _frequencies(sample_rate)


def bandwidths(magnitude: np.ndarray, sample_rate: float) -> np.ndarray:
    """(frames,) Hz: the standard deviation about the mean frequency."""
    distances = _frequencies(sample_rate) - centroids(magnitude, sample_rate)[:, None]
    return np.sqrt((_shares(magnitude) * distances**2).sum(axis=-1))


def flatnesses(magnitude: np.ndarray) -> np.ndarray:
    """(frames,) geometric mean of the powers over their arithmetic mean: 1 for white noise, near 0 for a tone."""
    power = np.maximum(magnitude**2, AMIN)
    return np.exp(np.log(power).mean(axis=-1)) / power.mean(axis=-1)


def rolloffs(magnitude: np.ndarray, sample_rate: float) -> np.ndarray:
    """(frames,) Hz: the lowest frequency with most of the magnitudes at or below it."""
    sums = magnitude.cumsum(axis=-1)
    return _frequencies(sample_rate)[(sums >= ROLLOFF_SHARE * sums[:, -1:]).argmax(axis=-1)]


def contrasts(magnitude: np.ndarray, sample_rate: float, lowest: float, octaves: int) -> np.ndarray:
    """(frames, 1 + octaves) dB: peaks over valleys of the band from 0 to `lowest` Hz and of the octaves above it.

    D.-N. Jiang et al., "Music type classification by spectral contrast feature", ICME 2002.
    """
    edges = np.concatenate([[0.0], lowest * 2.0 ** np.arange(octaves + 1)])
    frequencies = _frequencies(sample_rate)
    peaks, valleys = [], []
    for band, (low, high) in enumerate(itertools.pairwise(edges)):
        inside = np.flatnonzero((frequencies >= low) & (frequencies <= high))
        first, last = inside[0] - (band > 0), len(frequencies) - 1 if band == octaves else inside[-1]
        count = max(1, round(CONTRAST_SHARE * (last + 1 - first)))
        ordered = np.sort(magnitude[:, first : last + (band == octaves)], axis=-1)
        peaks.append(ordered[:, -count:].mean(axis=-1))
        valleys.append(ordered[:, :count].mean(axis=-1))
    return _decibels(np.stack(peaks, axis=-1)) - _decibels(np.stack(valleys, axis=-1))


def chroma(magnitude: np.ndarray, sample_rate: float) -> np.ndarray:
    """(frames, 12) power of the twelve notes from C on, all octaves together, of the strongest's.

    D. Ellis, "Chroma feature analysis and synthesis", 2007.
    """
    power = magnitude**2 @ _chroma_filterbank(sample_rate)
    return _divided(power, power.max(axis=-1, keepdims=True))


def tonnetz(chroma: np.ndarray) -> np.ndarray:
    """(frames, 6) tonal centroids of chroma (frames, 12): fifths, minor thirds and major thirds, on a circle each.

    C. Harte, M. Sandler, M. Gasser, "Detecting harmonic change in musical audio", AMCMM 2006.
    """
    angles = np.outer(np.arange(12), np.repeat([7 / 6, 3 / 2, 2 / 3], 2))
    angles[:, ::2] -= 0.5  # sines
    return _shares(chroma) @ (np.cos(np.pi * angles) * np.repeat([1.0, 1.0, 0.5], 2))


def _frequencies(sample_rate: float) -> np.ndarray:
    return np.fft.rfftfreq(FRAME, 1 / sample_rate)


def _decibels(power: np.ndarray) -> np.ndarray:
    decibels = 10 * np.log10(np.maximum(power, AMIN))
    return np.maximum(decibels, decibels.max() - TOP_DB)


def _shares(rows: np.ndarray) -> np.ndarray:
    return _divided(rows, rows.sum(axis=-1, keepdims=True))


def _divided(rows: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Rows of nothing stay as they are."""
    return rows / np.where(lengths < TINY, 1.0, lengths)


@functools.cache
def _chroma_filterbank(sample_rate: float) -> np.ndarray:
    """(1 + FRAME // 2, 12): how much a frequency counts for each note, falling off away from the middle octaves."""
    octaves = np.log2(np.arange(1, FRAME) * (sample_rate / FRAME) / (A4 / 16))
    notes = 12 * np.concatenate(
        [[octaves[0] - 1.5], octaves]
    )  # 0 Hz: half an octave off the note of the next
    widths = np.concatenate([np.maximum(np.diff(notes), 1.0), [1.0]])
    distances = np.remainder(notes[:, None] - np.arange(12) + 6, 12) - 6
    weights = np.exp(-0.5 * (2 * distances / widths[:, None]) ** 2)
    weights /= np.sqrt(np.square(weights).sum(axis=-1, keepdims=True))
    weights *= np.exp(-0.5 * ((notes / 12 - CHROMA_CENTRE) / CHROMA_WIDTH) ** 2)[:, None]
    return np.roll(weights, -3, axis=-1)[: 1 + FRAME // 2]  # from A to C

"""The mel scale, once for preparation and for the front end of the deployed model."""

import functools
from typing import NamedTuple

import numpy as np

HERTZ_PER_MEL = 200 / 3  # of the linear part
LOG_START = 1000.0  # Hz, where the logarithmic part begins
LOG_STEP = np.log(6.4) / 27  # natural logarithm of the ratio of two frequencies one mel apart


class MelAxes(NamedTuple):
    """What the places along time and frequency of a mel spectrogram are.

    Attributes:
        sample_rate: Hz; the bands end at half of it.
        hop_length: samples from one frame to the next.
        n_mels: bands.
    """

    sample_rate: int
    hop_length: int
    n_mels: int


@functools.cache
def mel_filterbank(sample_rate: int, n_fft: int, n_mels: int) -> np.ndarray:
    """Triangular mel filters of equal area, from 0 Hz to half the sample rate.

    Equal to `librosa.filters.mel` with its defaults, which a test holds it to: Slaney's scale and
    normalisation. Written out because importing librosa compiles (see `baselines.frame_measures`) and takes seconds
    in every process, more than preparing a recording.

    Returns:
        (n_fft // 2 + 1, n_mels) float32; do not change it, it is shared.

    Source: Slaney, "Auditory Toolbox", 1998.
    """
    frequencies = np.fft.rfftfreq(n_fft, 1 / sample_rate)
    edges = _hertz(np.linspace(0.0, _mel(sample_rate / 2), n_mels + 2))
    ramps = edges[:, None] - frequencies[None, :]
    widths = np.diff(edges)[:, None]
    rising, falling = -ramps[:-2] / widths[:-1], ramps[2:] / widths[1:]
    filters = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))[:, None]
    filterbank = np.ascontiguousarray(filters.T, dtype=np.float32)
    filterbank.flags.writeable = False
    return filterbank


@functools.cache
def mel_bands(sample_rate: int, n_fft: int, n_mels: int, width: int) -> list[tuple[slice, slice, np.ndarray]]:
    """The filterbank in blocks of `width` mel bands: the frequencies of each, its bands and its weights.

    Most of a filterbank is zero; a product block by block leaves most of that out and stays a dense product.
    """
    filters, blocks = mel_filterbank(sample_rate, n_fft, n_mels), []
    for first in range(0, n_mels, width):
        bands = slice(first, min(first + width, n_mels))
        used = np.flatnonzero(filters[:, bands].any(axis=1))
        span = slice(used[0], used[-1] + 1) if len(used) else slice(0, 1)
        blocks.append((span, bands, np.ascontiguousarray(filters[span, bands])))
    return blocks


def band_position(hertz, sample_rate: int, n_mels: int):
    """Where frequencies lie among the mel bands: 0 at the peak of the first, n_mels - 1 at that of the last."""
    return _mel(hertz) / _mel(sample_rate / 2) * (n_mels + 1) - 1


def band_frequency(position, sample_rate: int, n_mels: int):
    """Frequencies in Hz of positions among the mel bands, the inverse of `band_position`."""
    return _hertz((np.asarray(position) + 1) / (n_mels + 1) * _mel(sample_rate / 2))


def _mel(hertz):
    linear = np.asarray(hertz) / HERTZ_PER_MEL
    logarithmic = LOG_START / HERTZ_PER_MEL + np.log(np.maximum(hertz, LOG_START) / LOG_START) / LOG_STEP
    return np.where(np.asarray(hertz) < LOG_START, linear, logarithmic)


def _hertz(mel):
    start = LOG_START / HERTZ_PER_MEL
    return np.where(
        mel < start, mel * HERTZ_PER_MEL, LOG_START * np.exp(LOG_STEP * (np.maximum(mel, start) - start))
    )

"""The order in which a Fourier transform in two stages gives its frequencies, and mel filters in that order."""

import functools

import numpy as np

from stressid_keras.media.mel import mel_filterbank


def factors(n_fft: int) -> tuple[int, int]:
    """The two factors of a length that are nearest to each other, the smaller one first.

    Raises:
        ValueError: it is not a product of two integers above 1.
    """
    first = max(n for n in range(1, int(n_fft**0.5) + 1) if n_fft % n == 0)
    if first == 1:
        raise ValueError(f"n_fft is {n_fft}; expected a product of two integers above 1.")
    return first, n_fft // first


def spectrum_order(n_fft: int) -> tuple[np.ndarray, np.ndarray]:
    """What each bin of `layers.FactoredSpectrum` is.

    The first stage gives the places up to half of the smaller factor, which the others mirror; the second stage gives,
    for each of them, as many frequencies as the larger factor says.

    Returns:
        frequencies: (bins,) int below `n_fft`; those above half of it are mirror images.
        is_repeated: (bins,) bool, whether it is the mirror image of a frequency that is there itself.
    """
    first, rows = factors(n_fft)
    columns = first // 2 + 1
    frequencies = (np.arange(columns)[:, None] + first * np.arange(rows)).ravel()
    mirrored = n_fft - frequencies
    return frequencies, (frequencies > n_fft // 2) & (mirrored % first < columns)


@functools.cache
def ordered_filterbank(sample_rate: int, n_fft: int, n_mels: int) -> np.ndarray:
    """`mel_filterbank` for the bins of `spectrum_order`, zero for those that are repeated: (bins, n_mels) float32.

    Do not change it, it is shared.
    """
    frequencies, is_repeated = spectrum_order(n_fft)
    filters = mel_filterbank(sample_rate, n_fft, n_mels)[np.minimum(frequencies, n_fft - frequencies)]
    filters[is_repeated] = 0.0
    filters.flags.writeable = False
    return filters

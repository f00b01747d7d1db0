"""Our mel filters are librosa's."""

import numpy as np
import pytest

from stressid_keras.media.mel import band_frequency, band_position, mel_filterbank


@pytest.mark.parametrize(
    ("rate", "n_fft", "n_mels"), [(16_000, 1024, 128), (8_000, 512, 40), (44_100, 2048, 64)]
)
def test_filterbank_equals_librosa(librosa, rate, n_fft, n_mels):
    expected = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels).T
    np.testing.assert_allclose(mel_filterbank(rate, n_fft, n_mels), expected, atol=1e-7)


def test_positions_among_the_bands_are_those_of_librosas_frequencies(librosa):
    centres = librosa.mel_frequencies(130, fmin=0.0, fmax=8000.0)[1:-1]
    np.testing.assert_allclose(band_frequency(np.arange(128), 16_000, 128), centres)
    np.testing.assert_allclose(band_position(centres, 16_000, 128), np.arange(128), atol=1e-9)

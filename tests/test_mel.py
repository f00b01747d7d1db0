"""Our mel filters are librosa's."""

import librosa
import numpy as np
import pytest

from stressid_keras.mel import mel_filterbank


@pytest.mark.parametrize(
    ("rate", "n_fft", "n_mels"), [(16_000, 1024, 128), (8_000, 512, 40), (44_100, 2048, 64)]
)
def test_filterbank_equals_librosa(rate, n_fft, n_mels):
    expected = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels).T
    np.testing.assert_allclose(mel_filterbank(rate, n_fft, n_mels), expected, atol=1e-7)

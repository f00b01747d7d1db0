"""Which frequency each bin of a Fourier transform in two stages is."""

import numpy as np
import pytest

from stressid_keras.media.mel import mel_filterbank
from stressid_keras.media.spectrum_order import factors, ordered_filterbank, spectrum_order


@pytest.mark.parametrize("n_fft", [400, 512, 6, 45, 22])
def test_every_frequency_is_there_once_but_for_those_that_are_repeated(n_fft):
    frequencies, is_repeated = spectrum_order(n_fft)
    folded = np.minimum(frequencies, n_fft - frequencies)
    assert sorted(folded[~is_repeated]) == list(range(n_fft // 2 + 1))
    assert set(folded[is_repeated]) <= set(folded[~is_repeated])


def test_filters_in_that_order_give_the_same_mel_power():
    power = np.random.default_rng(0).uniform(size=201)
    frequencies, _ = spectrum_order(400)
    found = power[np.minimum(frequencies, 400 - frequencies)] @ ordered_filterbank(16_000, 400, 40)
    np.testing.assert_allclose(found, power @ mel_filterbank(16_000, 400, 40), rtol=1e-5)


def test_factors_are_near_each_other_and_a_prime_has_none():
    assert (factors(400), factors(45)) == ((20, 20), (5, 9))
    with pytest.raises(ValueError, match="n_fft is 401; expected a product of two integers above 1"):
        factors(401)

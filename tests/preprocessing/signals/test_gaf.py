"""Our Gramian angular fields are those of pyts and of the formula."""

import numba  # noqa: TID251  to be told not to compile
import numpy as np
import pytest

from stressid_keras.preprocessing.signals.gaf import gramian_angular_field, pixels


@pytest.fixture(scope="module")
def pyts_field():
    """pyts without its compiler, which would take most of a minute and changes no result."""
    compiles, numba.config.DISABLE_JIT = numba.config.DISABLE_JIT, True
    try:
        from pyts.image import GramianAngularField
    finally:
        numba.config.DISABLE_JIT = compiles

    def field(signal, size, method):
        transformer = GramianAngularField(size, sample_range=(-1, 1), method=method, overlapping=False)
        return transformer.fit_transform(signal[None])[0]

    return field


def walk(n):
    return np.random.default_rng(n).normal(size=n).cumsum().astype(np.float32)


@pytest.mark.parametrize("method", ["summation", "difference"])
@pytest.mark.parametrize(
    ("n", "size"), [(30_000, 256), (29_987, 64), (1003, 97), (100, 64), (64, 64), (10, 1)]
)
def test_it_equals_pyts(pyts_field, n, size, method):
    result = gramian_angular_field(walk(n), size, method)
    assert result.shape == (size, size)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, pyts_field(walk(n), size, method), atol=1e-5)


@pytest.mark.parametrize("method", ["summation", "difference"])
def test_it_equals_the_formula(method):
    means = walk(1000).astype(float).reshape(50, 20).mean(axis=1)
    angles = np.arccos(np.clip(2 * (means - means.min()) / np.ptp(means) - 1, -1, 1))
    left, right = np.meshgrid(angles, angles, indexing="ij")
    expected = np.cos(left + right) if method == "summation" else np.sin(left - right)
    np.testing.assert_allclose(gramian_angular_field(walk(1000), 50, method), expected, atol=1e-6)


@pytest.mark.parametrize("method", ["summation", "difference"])
@pytest.mark.parametrize("value", [0.0, 3.3, -1e6])
def test_a_constant_signal_gives_what_pyts_gives(pyts_field, value, method):
    signal = np.full(500, value, np.float32)
    result = gramian_angular_field(signal, 16, method)
    assert np.isfinite(result).all()
    np.testing.assert_allclose(result, pyts_field(signal, 16, method), atol=1e-6)


def test_signals_together_give_what_each_gives_alone():
    signals = np.stack([walk(1000), np.full(1000, 2.0, np.float32), 1e3 + walk(1000)[::-1]])
    together = gramian_angular_field(signals, 40)
    for signal, field in zip(signals, together, strict=True):
        np.testing.assert_array_equal(field, gramian_angular_field(signal, 40))


def test_fewer_samples_than_pixels_give_one_pixel_per_sample():
    assert gramian_angular_field(walk(10), 64).shape == (10, 10)


@pytest.mark.parametrize(("seconds", "expected"), [(60, 256), (30, 128), (3.9, 17), (0.01, 1)])
def test_a_pixel_always_spans_the_same_time(seconds, expected):
    assert pixels(256, seconds, 60) == expected

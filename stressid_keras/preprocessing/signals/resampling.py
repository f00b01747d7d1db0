"""From the times at which samples were taken to even steps, and from one rate to another."""

from fractions import Fraction

import numpy as np

from stressid_keras.media.text.clock import GAP, Clock


def on_grid(signal: np.ndarray, clock: Clock) -> np.ndarray:
    """A signal at even steps; NaN in the gaps and beside what was missing."""
    if clock.times is None:
        return signal
    times, finite = clock.times, np.isfinite(signal)
    grid = np.arange(round(times[-1] / clock.step) + 1) * clock.step
    if not finite.any():
        return np.full(len(grid), np.nan, np.float32)
    values = np.interp(grid, times[finite], signal[finite]).astype(np.float32)
    after = np.clip(np.searchsorted(times, grid), 1, len(times) - 1)
    in_gap = (
        (times[after] - times[after - 1] > GAP * clock.step)
        & (grid > times[after - 1])
        & (grid < times[after])
    )
    nearest = after - (grid - times[after - 1] < times[after] - grid)
    return np.where(in_gap | ~finite[nearest], np.float32(np.nan), values)


def resampled(signal: np.ndarray, ratio: float, samples: int) -> np.ndarray:
    """A signal with `ratio` times as many samples, against aliasing; (samples,) float32, NaN where it was missing.

    Where the signal stands still it stays as it is, so that a flat stretch is seen to be flat.
    """
    if abs(ratio - 1) * len(signal) < 0.5 or len(signal) < 2:
        return _fitted(signal, samples)
    from scipy.signal import resample_poly

    finite = np.isfinite(signal)
    if not finite.any():
        return np.full(samples, np.nan, np.float32)
    limits = (limit for limit in (100, 1000, 10_000))
    part = next(
        (
            part
            for limit in limits
            if abs((part := Fraction(ratio).limit_denominator(limit)) / ratio - 1) * len(signal) < 0.5
        ),
        Fraction(ratio).limit_denominator(10_000),
    )
    filled = interpolate_missing(signal)
    made = _fitted(
        resample_poly(filled.astype(np.float64), part.numerator, part.denominator, padtype="line"), samples
    )
    nearest = np.clip(np.rint(np.arange(samples) / ratio).astype(np.int64), 0, len(signal) - 1)
    still = np.concatenate([[False], filled[1:] == filled[:-1]])
    held = still & np.concatenate([still[1:], [False]])
    made = np.where(held[nearest], filled[nearest], made)
    return np.where(finite[nearest], made, np.nan).astype(np.float32)


def _fitted(signal: np.ndarray, samples: int) -> np.ndarray:
    """As many samples as wanted: the last one again, or the last ones left out."""
    return np.pad(signal[:samples], (0, max(0, samples - len(signal))), mode="edge")


def interpolate_missing(signal: np.ndarray) -> np.ndarray:
    """A signal (n,) with its missing samples (NaN or infinite) interpolated linearly; all finite, if any is."""
    finite = np.isfinite(signal)
    if finite.all() or not finite.any():
        return signal
    indices = np.arange(len(signal))
    return np.interp(indices, indices[finite], signal[finite]).astype(signal.dtype)

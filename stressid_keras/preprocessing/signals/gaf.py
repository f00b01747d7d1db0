"""Gramian angular fields of one-dimensional signals."""

import functools

import numpy as np

INSIDE = 1 - 5e-7  # keeps float32's rounding within [-1, 1], for less than clipping every pixel


def gramian_angular_field(
    signal: np.ndarray, size: int, method: str = "summation", bounds: tuple[float, float] | None = None
) -> np.ndarray:
    """Image of a signal's pairwise angular sums (GASF) or differences (GADF), or of several signals at once.

    The signal is averaged over `size` segments (PAA), scaled and read as cosines of angles φ; pixel (i, j) is
    cos(φi + φj) or sin(φi - φj). Without bounds, a signal's own range becomes [-1, 1], and a constant signal is
    read as -1 throughout. With bounds, they become 0 and 1 and what lies beyond is clipped: the field then shows
    the level as well as the texture, which a scale from -1 would not, as it gives x and -x the same diagonal.

    Without bounds the result equals that of `pyts.image.GramianAngularField(size, method=method,
    overlapping=False)`, and the tests hold it to that. It is not computed by pyts because importing pyts 0.14
    compiles for most of a minute in every process that does it.

    Args:
        signal: (..., n) finite samples; each signal is scaled by itself.
        size: pixels per side; a signal of fewer samples gives an image of n × n.
        method: "summation" or "difference".
        bounds: values of the signal's unit that are read as 0 and 1.

    Returns:
        (..., size, size) float32 in [-1, 1].

    Source: Wang & Oates, "Imaging time-series to improve classification and imputation", IJCAI 2015.
    """
    means = segment_means(signal, min(size, signal.shape[-1]))
    cosine = _scale(means) if bounds is None else _scale_within(means, *bounds)
    sine = np.sqrt(np.maximum(1 - cosine * cosine, 0))
    left = (cosine, -sine) if method == "summation" else (sine, -cosine)
    left = np.stack(left, axis=-1) * INSIDE
    right = np.stack([cosine, sine], axis=-2)
    return left.astype(np.float32) @ right.astype(np.float32)


def pixels(config_size: int, seconds: float, window_seconds: float) -> int:
    """Pixels per side of `seconds` of signal, so that a pixel spans the same time in every image."""
    return max(1, round(config_size * seconds / window_seconds))


def segment_means(signal: np.ndarray, size: int) -> np.ndarray:
    """Piecewise aggregate approximation, segments as even as whole samples allow: (..., n) → (..., size) float64."""
    starts, counts = _segments(signal.shape[-1], size)
    return np.add.reduceat(signal, starts, axis=-1, dtype=np.float64) / counts


@functools.lru_cache(maxsize=64)
def _segments(length: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the segments start and how many samples each has; the same for every signal of a length."""
    bounds = np.linspace(0, length, size + 1).astype(np.int64)
    return bounds[:-1], np.diff(bounds)


def _scale(values: np.ndarray) -> np.ndarray:
    low, high = values.min(axis=-1, keepdims=True), values.max(axis=-1, keepdims=True)
    # rounding noise is no signal
    constant = high - low <= 10 * np.finfo(np.float64).eps * np.maximum(1.0, np.abs(high))
    scaled = (values - low) / np.where(constant, 1.0, high - low) * 2 - 1
    return np.where(constant, -1.0, np.minimum(np.maximum(scaled, -1), 1))


def _scale_within(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.clip((values - low) / max(high - low, np.finfo(np.float64).eps), 0, 1)

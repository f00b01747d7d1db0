"""Feature tables made fit to measure distances in."""

import numpy as np

from stressid_keras.errors import StressIDError


def standardised(features: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and standard deviation 1.

    Args:
        features: (n, d) numbers; what is not finite is missing.

    Returns:
        (n, c) float64, c ≤ d: missing values are their column's median; columns without a value, or with one value
        alone, are left out.
    """
    filled = _with_medians(np.asarray(features, dtype=np.float64))
    spread = filled.std(axis=0)
    # A constant column of large numbers has a spread of rounding errors.
    kept = spread > 1e-9 * np.maximum(np.abs(filled).max(axis=0, initial=0), 1e-30)
    return (filled[:, kept] - filled[:, kept].mean(axis=0)) / spread[kept]


def checked_rows(features, *names) -> tuple[np.ndarray, ...]:
    """Features (n, d) as float64 and every (n,) column of names as text.

    Raises:
        StressIDError: shapes that do not fit.
    """
    features = np.asarray(features, dtype=np.float64)
    names = [np.asarray(column, dtype=str) for column in names]
    if features.ndim != 2 or any(column.shape != features.shape[:1] for column in names):
        shapes = ", ".join(str(column.shape) for column in names)
        raise StressIDError(
            f"features have shape {features.shape} and their names {shapes}; expected (n, d) and (n,)."
        )
    return features, *names


def _with_medians(features: np.ndarray) -> np.ndarray:
    features = np.where(np.isfinite(features), features, np.nan)
    features = features[:, ~np.isnan(features).all(axis=0)]
    if not features.size:
        return features
    return np.where(np.isnan(features), np.nanmedian(features, axis=0), features)

"""Parts of metrics that are made from confusion matrices, (..., k, k) counts of true rows and predicted columns."""

import numpy as np


def hits(confusions: np.ndarray) -> np.ndarray:
    """(..., k) right answers of each class."""
    return np.diagonal(confusions, axis1=-2, axis2=-1)


def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, 0 where the whole is."""
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0)

"""Importances of many windows as one number a band."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stressid_keras.evaluation.intervals import (
    CONFIDENCE,
    RESAMPLES,
    draw_counts,
    expanded_tail,
    resample_subjects,
)


def summarise_bands(
    importances: np.ndarray,
    subjects: Sequence[str],
    seed: int = 0,
    n_resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> pd.DataFrame:
    """Mean over windows and its expanded percentile bootstrap interval over subjects, as in `bootstrap_interval`.

    Args:
        importances: (n, bands), as `band_importances` gives them of a network; of several folds, one below the other.
        subjects: (n,) whose windows they are.
        seed: of the draws.
        n_resamples: how often the subjects are drawn.
        confidence: of the interval, in (0, 1).

    Returns:
        `importance`, `low` and `high`, a row per band; the ends are NaN with a single subject.
    """
    codes, names = pd.factorize(np.asarray(subjects, dtype=object), sort=True)
    sums = np.zeros((len(names), importances.shape[1]))
    np.add.at(sums, codes, importances)
    sizes = np.bincount(codes, minlength=len(names))
    low = high = np.full(importances.shape[1], np.nan)
    if len(names) > 1:
        counts = draw_counts(resample_subjects(len(names), n_resamples, seed), len(names))
        tail = expanded_tail(len(names), confidence)
        low, high = np.quantile(counts @ sums / (counts @ sizes)[:, None], [tail, 1 - tail], axis=0)
    return pd.DataFrame({"importance": importances.mean(axis=0), "low": low, "high": high})

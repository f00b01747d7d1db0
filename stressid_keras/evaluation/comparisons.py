"""Two models on the same windows: how much one is better, and whether other people would show it.

As in `intervals`, the subject is the unit, and a set of windows is its confusion matrix: a resample or a
permutation of subjects is a sum of their matrices.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special
from sklearn.metrics import cohen_kappa_score

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.intervals import (
    CONFIDENCE,
    RESAMPLES,
    counted,
    draw_counts,
    expanded_tail,
    resample_subjects,
    subject_confusions,
)
from stressid_keras.evaluation.metrics import MAIN

PERMUTATIONS = 4096  # all of them up to 12 subjects, as many random ones above
POWER = 0.8  # of the test that `subjects_needed` plans


def compare_models(
    first: pd.DataFrame,
    second: pd.DataFrame,
    metric_name: str = MAIN,
    *,
    n_resamples: int = RESAMPLES,
    n_permutations: int = PERMUTATIONS,
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> dict[str, float | int | None]:
    """The difference `first` − `second` of a metric, paired by subject.

    Args:
        first, second: one model on one split each, tables of `predictions_table`; the same windows in any order
            (with the column `repeat`, if a window was asked several times).
        metric_name: a counted metric's.
        n_resamples: of the bootstrap.
        n_permutations: of the test, at most; if there are not more of them, all are taken once.
        seed: of the draws.
        confidence: of the interval; what it leaves is the level that `subjects_needed` plans for.

    Returns:
        `difference`; `low` and `high`, the expanded percentile bootstrap interval over subjects (see
        `bootstrap_interval`); `p_value`, two-sided, of the permutation test that exchanges the two models'
        predictions of whole subjects (Edgington and Onghena, Randomization Tests, 2007); `effect_size`, mean by
        standard deviation of the subjects' jackknife pseudo-values (Efron and Tibshirani 1993, ch. 11), which is
        Cohen's d_z for a mean over subjects; `subjects_needed`, for power 0.8 if the effect is as large as it
        was here; `n_subjects`. None where a single subject, or subjects who do not differ, leave it undefined.

    Raises:
        StressIDError: a metric that is unknown or not counted, no rows, or other windows or labels in one than in the
            other.
    """
    metric = counted(metric_name)
    first, second = aligned(first, second)
    pair = subject_confusions(first), subject_confusions(second)
    n_subjects = len(pair[0])

    def difference(weights):  # (r, subjects) how often each subject counts
        return np.subtract(*(metric(_summed(weights, confusions)) for confusions in pair))

    found = difference(np.ones((1, n_subjects)))[0]
    result = {"difference": float(found), "n_subjects": n_subjects}
    if n_subjects == 1:
        return result | dict.fromkeys(("low", "high", "p_value", "effect_size", "subjects_needed"))
    resampled = difference(draw_counts(resample_subjects(n_subjects, n_resamples, seed), n_subjects))
    tail = expanded_tail(n_subjects, confidence)
    low, high = np.quantile(resampled, [tail, 1 - tail])
    left_out = difference(1 - np.eye(n_subjects))
    effect = _effect_size(n_subjects * found - (n_subjects - 1) * left_out)
    return result | {
        "low": float(low),
        "high": float(high),
        "p_value": _permutation_p(pair, metric, found, n_permutations, seed),
        "effect_size": effect,
        "subjects_needed": _subjects_needed(effect, 1 - confidence),
    }


def model_agreement(first: pd.DataFrame, second: pd.DataFrame) -> dict[str, float | None]:
    """How often two models say the same of a window, and Cohen's kappa, which takes chance off.

    Returns:
        `agreement` in [0, 1]; `kappa`, None where both always name the same class.

    Raises:
        StressIDError: as `compare_models`.
    """
    first, second = aligned(first, second)
    said = first["predicted"].to_numpy(), second["predicted"].to_numpy()
    constant = len(np.unique(np.concatenate(said))) == 1
    return {
        "agreement": float(np.mean(said[0] == said[1])),
        "kappa": None if constant else float(cohen_kappa_score(*said)),
    }


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """P values adjusted for how many there are, by Holm's step-down method (Scand. J. Statist. 6, 1979).

    Rejecting those below a level keeps the chance of any false rejection below it, however the tests depend on
    each other. None stays None and is not counted.
    """
    known = np.array([p for p in p_values if p is not None], dtype=np.float64)
    order = np.argsort(known)
    steps = np.maximum.accumulate(known[order] * np.arange(len(known), 0, -1))
    adjusted = np.empty_like(known)
    adjusted[order] = np.minimum(steps, 1)
    left = iter(adjusted)
    return [None if p is None else float(next(left)) for p in p_values]


def aligned(*tables: pd.DataFrame) -> list[pd.DataFrame]:
    """All with their rows in the same order.

    Raises:
        StressIDError: no rows, or other windows or labels in one than in another.
    """
    if any(table.empty for table in tables):
        raise StressIDError("there are no windows to compare; expected at least one.")
    keys = [name for name in ("repeat", "subject", "recording", "window", "label") if name in tables[0]]
    found = [table.sort_values(keys).reset_index(drop=True) for table in tables]
    if not all(table[keys].equals(found[0][keys]) for table in found):
        raise StressIDError(
            "the models were scored on other windows or labels; expected the same for a paired comparison."
        )
    return found


def _summed(weights: np.ndarray, confusions: np.ndarray) -> np.ndarray:
    return np.einsum("rs,sij->rij", weights, confusions, optimize=True)


def _permutation_p(pair, metric, found: float, n_permutations: int, seed: int) -> float:
    """Share of exchanges of subjects between the models with a difference at least as large as that found."""
    n_subjects = len(pair[0])
    exact = 2**n_subjects <= n_permutations
    if exact:  # the exchange of nobody is one of them
        exchanged = (np.arange(2**n_subjects)[:, None] >> np.arange(n_subjects)) & 1
    else:
        exchanged = np.random.default_rng([seed, 1]).integers(2, size=(n_permutations, n_subjects))
    exchanged = exchanged.astype(np.float64)
    ours, theirs = (
        metric(_summed(1 - exchanged, one) + _summed(exchanged, other)) for one, other in (pair, pair[::-1])
    )
    as_large = np.abs(ours - theirs) >= abs(found) - 1e-12
    if exact:
        return float(np.mean(as_large))
    return float((np.count_nonzero(as_large) + 1) / (n_permutations + 1))  # Phipson and Smyth 2010


def _effect_size(pseudo_values: np.ndarray) -> float | None:
    spread = np.std(pseudo_values, ddof=1)
    return float(np.mean(pseudo_values) / spread) if spread > 1e-12 else None


def _subjects_needed(effect: float | None, level: float) -> int | None:
    """How many, by the normal approximation; never fewer than two."""
    if not effect:
        return None
    quantiles = special.ndtri(1 - level / 2) + special.ndtri(POWER)
    return max(2, math.ceil((quantiles / effect) ** 2))

"""Bootstrap intervals over subjects.

Windows of one person resemble each other, so the subject is what is drawn again, with all of its windows.
The metrics depend on the windows through the confusion matrix only, and the matrix of a resample is the sum
of its subjects' matrices: a thousand resamples are one matrix product.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import special

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.metrics import counted_metrics

RESAMPLES = 1000
CONFIDENCE = 0.95


def bootstrap_interval(
    predictions: pd.DataFrame,
    metric_name: str,
    n_resamples: int = RESAMPLES,
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> tuple[float, float]:
    """Expanded percentile bootstrap interval of a metric, over subjects.

    The plain percentile interval is too narrow for the handful of subjects of a test part. The expanded one
    (Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician 69, 2015) moves
    its two percentiles outwards by the width of a t interval over that of a normal one; with many subjects
    the two agree. In simulations with correlated windows (7 a subject, 1000 data sets, macro F1) the plain
    one held the truth in .77, .87, .93, .94 of the cases at 4, 8, 20, 52 subjects, this one in .85, .93,
    .95, .96: below 8 subjects it still promises too much.

    Args:
        predictions: one model on one split: `subject`, `label`, `predicted` and the `p_<ClassName>` columns,
            whose number is the number of classes.
        metric_name: of a counted metric, such as `macro_f1` (a class that a resample lacks leaves the balanced
            accuracy, and counts 0 in the macro F1).
        n_resamples: how often the subjects are drawn.
        seed: of the draws; the order of the rows does not matter.
        confidence: of the interval, in (0, 1).

    Returns:
        Its lower and upper end; NaN and NaN with a single subject, which shows no spread between subjects.

    Raises:
        StressIDError: a metric that is unknown or not counted, or no rows.
    """
    return mean_interval([predictions], metric_name, n_resamples, seed, confidence)


def mean_interval(
    trainings: Sequence[pd.DataFrame],
    metric_name: str,
    n_resamples: int = RESAMPLES,
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> tuple[float, float]:
    """`bootstrap_interval` of a metric's mean over trainings of a model, all asked about the same windows.

    Every draw of subjects is the same for all trainings; which trainings there are is not resampled.

    Args:
        trainings: of each the table that `bootstrap_interval` takes.
        others: as there.
    """
    metric = counted(metric_name)
    if any(predictions.empty for predictions in trainings):
        raise StressIDError("there are no windows to resample; expected at least one.")
    confusions = [subject_confusions(predictions) for predictions in trainings]
    n_subjects = len(confusions[0])
    if n_subjects == 1:
        return float("nan"), float("nan")
    counts = draw_counts(resample_subjects(n_subjects, n_resamples, seed), n_subjects)
    resampled = [metric(np.einsum("rs,sij->rij", counts, found, optimize=True)) for found in confusions]
    tail = expanded_tail(n_subjects, confidence)
    low, high = np.quantile(np.mean(resampled, axis=0), [tail, 1 - tail])
    return float(low), float(high)


def counted(metric_name: str) -> Callable[[np.ndarray], np.ndarray]:
    """The function of confusion matrices (..., k, k) → (...,) that is the metric.

    Raises:
        StressIDError: it is unknown, or depends on more than the counts.
    """
    known = counted_metrics()
    if metric_name not in known:
        raise StressIDError(
            f"{metric_name!r} cannot be resampled by subject; expected one of {', '.join(known)}."
        )
    return known[metric_name].of_counts


def subject_confusions(predictions: pd.DataFrame) -> np.ndarray:
    """(subjects, k, k) counts, subjects sorted by name, rows true, columns predicted."""
    n_classes = sum(name.startswith("p_") for name in predictions)
    subjects, names = pd.factorize(predictions["subject"], sort=True)
    confusions = np.zeros((len(names), n_classes, n_classes))
    np.add.at(confusions, (subjects, predictions["label"].to_numpy(), predictions["predicted"].to_numpy()), 1)
    return confusions


def resample_subjects(n_subjects: int, n_resamples: int, seed: int) -> np.ndarray:
    """(n_resamples, n_subjects) indices of subjects, drawn with replacement."""
    return np.random.default_rng(seed).integers(n_subjects, size=(n_resamples, n_subjects))


def draw_counts(draws: np.ndarray, n_subjects: int) -> np.ndarray:
    """How often each resample holds each subject: (n_resamples, n_subjects) float64."""
    rows = np.arange(len(draws))[:, None] * n_subjects
    flat = np.bincount((rows + draws).ravel(), minlength=len(draws) * n_subjects)
    return flat.reshape(len(draws), n_subjects).astype(np.float64)


def expanded_tail(n_subjects: int, confidence: float) -> float:
    """The share of resamples to leave out on each side."""
    quantile = special.stdtrit(n_subjects - 1, (1 - confidence) / 2)
    return float(special.ndtr(np.sqrt(n_subjects / (n_subjects - 1)) * quantile))

"""How much of what the teacher knows more than the control a method brings to the student."""

import numpy as np
import pandas as pd

from stressid_keras.evaluation.comparisons import aligned
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


def gap_closed(
    student: pd.DataFrame,
    control: pd.DataFrame,
    teacher: pd.DataFrame,
    metric_name: str = MAIN,
    *,
    n_resamples: int = RESAMPLES,
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> dict[str, float | None]:
    """(student − control) / (teacher − control) of a metric, with its bootstrap interval over subjects.

    The three are resampled together, with the same draws as in `compare_models`. In a resample whose teacher is no
    better than the control there is no gap to close: its share counts as boundless, with the sign of the student's
    gain. Where such resamples are more than the interval leaves out, it has no end on that side.

    Args:
        student, control, teacher: tables of `predictions_table` on the same windows, as for `compare_models`.
        metric_name: a counted metric's.
        n_resamples: of the bootstrap.
        seed: of the draws.
        confidence: of the interval.

    Returns:
        `gap_closed`, `gap_closed_low` and `gap_closed_high`; None where the teacher is no better than the control, for
        an end that does not exist, and for both with a single subject.

    Raises:
        StressIDError: no rows, or other windows or labels in one than in another.
    """
    metric = counted(metric_name)
    confusions = [subject_confusions(table) for table in aligned(student, control, teacher)]
    n_subjects = len(confusions[0])

    def shares(weights):  # (r, subjects) how often each subject counts
        of_student, of_control, of_teacher = (
            metric(np.einsum("rs,sij->rij", weights, some, optimize=True)) for some in confusions
        )
        gain, gap = of_student - of_control, of_teacher - of_control
        boundless = np.where(gain == 0, 0.0, np.copysign(np.inf, gain))
        return np.divide(gain, gap, out=boundless, where=gap > 0), gap

    (found,), (gap,) = shares(np.ones((1, n_subjects)))
    ends = [np.nan, np.nan]
    if n_subjects > 1 and gap > 0:
        resampled, _ = shares(draw_counts(resample_subjects(n_subjects, n_resamples, seed), n_subjects))
        tail = expanded_tail(n_subjects, confidence)
        ends = np.quantile(
            resampled, [tail, 1 - tail], method="inverted_cdf"
        )  # infinities cannot be interpolated
    low, high = (float(end) if np.isfinite(end) else None for end in ends)
    share = float(found) if gap > 0 else None
    return {"gap_closed": share, "gap_closed_low": low, "gap_closed_high": high}

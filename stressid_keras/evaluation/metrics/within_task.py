"""Unweighted average recall within tasks: what is left when the task gives nothing away."""

import numpy as np
import pandas as pd

from stressid_keras.evaluation.metrics.metric import METRICS, Answers, Metric


def within_task_balanced_accuracy(predictions: pd.DataFrame) -> float | None:
    """Mean over the tasks of the balanced accuracy within the task.

    Args:
        predictions: `task`, `label` and `predicted` of one model on one split.

    Returns:
        None if no task has windows of two classes: then a task's name says everything.
    """
    scores = []
    for _, rows in predictions.groupby("task"):
        if rows["label"].nunique() > 1:
            scores.append(recall_by_class(rows).mean())
    return float(np.mean(scores)) if scores else None


def recall_by_class(predictions: pd.DataFrame) -> pd.Series:
    """Share of right answers, of each class that the rows hold."""
    return (predictions["label"] == predictions["predicted"]).groupby(predictions["label"]).mean()


def _of(answers: Answers) -> float | None:
    table = {"task": answers.tasks, "label": answers.labels, "predicted": answers.predicted}
    return within_task_balanced_accuracy(pd.DataFrame(table))


METRICS.register(
    Metric(
        "within_task_balanced_accuracy",
        "within-task UAR",
        place=50,
        meaning="mean over tasks of the balanced accuracy within the task, which the task's name cannot raise; null if "
        "no task has windows of two classes",
        of=_of,
        needs_tasks=True,
        nullable=True,
        reading="within-task UAR is the mean over tasks of the recall within the task, which its name cannot raise",
    )
)

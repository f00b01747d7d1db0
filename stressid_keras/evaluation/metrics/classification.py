"""All metrics of probabilities against labels, as plain JSON types."""

from collections.abc import Sequence

import numpy as np

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.metrics.metric import Answers, floor_metrics, per_class_metrics


def classification_metrics(
    labels: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str]
) -> dict[str, float | int | list | None]:
    """Scores of the most probable class and of the probabilities; ties go to the lower class.

    Args:
        labels: (n,) integers in [0, k).
        probabilities: (n, k).
        class_names: k names, in the order of the integers.

    Returns:
        `n_windows`; every metric of `METRICS` that needs no tasks, None where it is not defined, one per class such as
        `recall_<ClassName>`; `confusion_matrix`, k rows (true) of k counts (predicted).

    Raises:
        StressIDError: no windows, shapes that do not fit, a label outside [0, k), a NaN.
    """
    answers = Answers(*_checked(labels, probabilities, len(class_names)))
    return {
        "n_windows": len(answers.labels),
        **{name: metric.score(answers) for name, metric in floor_metrics().items()},
        **{
            name: None if np.isnan(value) else float(value)
            for metric in per_class_metrics().values()
            for name, value in zip(metric.names(class_names), metric.score(answers), strict=True)
        },
        "confusion_matrix": answers.counts.tolist(),
    }


def _checked(labels, probabilities, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    labels, probabilities = np.asarray(labels), np.asarray(probabilities)
    if len(labels) == 0:
        raise StressIDError("there are no windows to score; expected at least one.")
    expected = (len(labels), n_classes)
    if labels.ndim != 1 or probabilities.shape != expected:
        raise StressIDError(
            f"labels of shape {labels.shape} and probabilities of shape {probabilities.shape} do not fit; "
            f"expected {expected[:1]} and {expected}."
        )
    if not np.isfinite(probabilities).all():
        raise StressIDError("probabilities hold NaN or infinity; expected finite numbers.")
    outside = labels[(labels < 0) | (labels >= n_classes)]
    if outside.size:
        raise StressIDError(f"a label is {outside[0]}; expected integers from 0 to {n_classes - 1}.")
    return labels, probabilities

"""Whether a probability means what it says."""

import numpy as np

from stressid_keras.evaluation.metrics.metric import METRICS, Metric

BINS = 10  # of equal width, as in Guo et al. 2017


def expected_calibration_error(labels: np.ndarray, probabilities: np.ndarray, n_bins: int = BINS) -> float:
    """Mean distance of confidence and accuracy over bins of confidence, weighted by their windows.

    Naeini, Cooper and Hauskrecht, AAAI 2015; with several classes, of the most probable one (Guo et al.,
    "On Calibration of Modern Neural Networks", ICML 2017).

    Args:
        labels: (n,) integers in [0, k).
        probabilities: (n, k).

    Returns:
        0 (every bin is right as often as it is confident) to 1.
    """
    confidences, accuracies, counts = reliability(labels, probabilities, n_bins)
    held = counts > 0
    gaps = np.abs(confidences[held] - accuracies[held])
    return float(np.sum(gaps * counts[held]) / counts.sum())


def reliability(labels: np.ndarray, probabilities: np.ndarray, n_bins: int = BINS):
    """The points of a reliability diagram.

    Returns:
        Mean confidence, accuracy and number of windows of each bin, three arrays (n_bins,); the first two are NaN
        in an empty bin. A confidence on the edge of two bins belongs to the lower one.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = np.clip(np.ceil(confidence * n_bins).astype(int) - 1, 0, n_bins - 1)
    counts = np.bincount(bins, minlength=n_bins)
    shown = np.where(counts > 0, counts, np.nan)
    confidences, accuracies = (np.bincount(bins, x, n_bins) / shown for x in (confidence, right))
    return confidences, accuracies, counts


def brier_score(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean squared distance of the probabilities from the truth, summed over classes: 0 to 2 (Brier 1950)."""
    truth = np.eye(probabilities.shape[1])[labels]
    return float(np.mean(np.sum((probabilities - truth) ** 2, axis=1)))


METRICS.register(
    Metric(
        "calibration_error",
        "calibration error",
        place=70,
        meaning="expected calibration error: mean distance of confidence and accuracy over 10 bins of confidence of "
        "equal width, weighted by their windows",
        of=lambda answers: expected_calibration_error(answers.labels, answers.probabilities),
        on_card=True,
        better="lower",
        paper="Naeini et al. 2015; Guo et al. 2017",
        reading="the calibration error is the distance of confidence and accuracy in ten bins of confidence",
        of_floors="`majority` and `task_lookup` are certain every time, `prior` is what calibration should be compared "
        "with",
    )
)
METRICS.register(
    Metric(
        "brier",
        "Brier",
        place=80,
        meaning="squared distance of the probabilities from the truth, summed over classes, mean over windows (Brier "
        "1950). With two classes, twice scikit-learn's",
        of=lambda answers: brier_score(answers.labels, answers.probabilities),
        better="lower",
        range="0 to 2",
        reading="the Brier score is the squared distance of the probabilities from the truth, 0 to 2",
        of_floors="likewise",
    )
)

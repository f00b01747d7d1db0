"""How much of the labels a teacher's soft labels should replace, by what a quick student makes of it."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from stressid_keras.distillation.cross_fitting import exchanged_rows, parts_of_people

SHARES = (0.0, 0.5, 1.0)  # that are tried; more of them only give chance more to choose from
FEWEST = 3  # people, of whom one teaches, one is taught and one is asked about
PARTS, REPEATS = 5, 2  # of the people, who are divided anew each time
ENOUGH = 1000  # rows asked about in all: of many windows, one division tells enough
STRENGTH = 10.0  # inverse, of the quick student's penalty
VERSION = 1  # raised when the same rows give other errors
LIMIT = 5.0  # deviations from the mean that a feature may have


def share_errors(
    heard, labels, people, n_classes: int, teach: Callable, seed: int, permuted: bool = False
) -> dict[float, float]:
    """Of each share, how wrong a quick student is about people whom it did not learn from.

    The quick student is a penalised softmax regression on features of the audio. It learns from (1 - share) · label +
    share · soft label of some people, and is held against the labels of the others, by the Brier score: a proper score,
    the least for whoever states the probabilities of the labels. Every class counts alike. The soft label of a person
    is of a teacher that saw neither this person nor those who are predicted, whose labels would come back through it.

    Args:
        heard: (n, d) features of the audio.
        labels: (n,) int.
        people: (n,) whom a row is of.
        teach: (places of rows to learn from, places of rows to judge) → (rows to judge, n_classes) probabilities.
        permuted: the soft labels are exchanged, see `exchanged_rows`.

    Returns:
        the mean squared error by share, in the order of `SHARES`; none of fewer than `FEWEST` people, where no teacher
        is left that saw neither of two.
    """
    if len(set(people)) < FEWEST:
        return {}
    heard, labels, people = np.asarray(heard, np.float64), np.asarray(labels), np.asarray(people)
    hard = np.eye(n_classes)[labels]
    weights = 1 / np.bincount(labels, minlength=n_classes)[labels]
    errors = dict.fromkeys(SHARES, 0.0)
    repeats = int(np.clip(ENOUGH // len(labels), 1, REPEATS))
    for repeat in range(repeats):
        numbers = parts_of_people(people, labels, PARTS, seed + repeat)
        soft_without = _soft_labels(numbers, n_classes, teach)
        for number, soft in enumerate(soft_without):
            left_out = numbers == number
            if permuted:
                soft[~left_out] = soft[~left_out][exchanged_rows(people[~left_out], labels[~left_out], seed)]
            known, asked = _standardised(heard[~left_out], heard[left_out])
            for share in SHARES:
                targets = (1 - share) * hard[~left_out] + share * soft[~left_out]
                found = _quick_student(known, targets, weights[~left_out])(asked)
                errors[share] += weights[left_out] @ np.square(found - hard[left_out]).sum(axis=1)
    return {share: float(error / repeats / weights.sum()) for share, error in errors.items()}


def best_share(errors: dict[float, float]) -> float:
    """The share with the least error; of equal ones the smallest, which trusts the labels more, and 0 of none."""
    return min(errors, key=lambda share: (errors[share], share), default=SHARES[0])


def _soft_labels(numbers: np.ndarray, n_classes: int, teach: Callable) -> np.ndarray:
    """(parts, n, n_classes): of each row, where a part is left out, by who saw neither; of the part's own rows, 0."""
    found = np.zeros((numbers.max() + 1, len(numbers), n_classes))
    for pair in combinations(range(len(found)), 2):
        asked = np.flatnonzero(np.isin(numbers, pair))
        known = np.flatnonzero(~np.isin(numbers, pair))
        said = teach(known, asked)
        for one, other in (pair, pair[::-1]):
            found[one, asked[numbers[asked] == other]] = said[numbers[asked] == other]
    return found


def _standardised(known: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By mean and deviation of the rows that are known; rows of a length near 1, however many features there are.

    In the space of the known rows, beyond which a penalised regression does not look, and which is far smaller.
    """
    mean, scale = known.mean(axis=0), known.std(axis=0)
    varies = scale > 0
    known, asked = (
        np.clip((rows - mean)[:, varies] / scale[varies], -LIMIT, LIMIT) / np.sqrt(max(varies.sum(), 1))
        for rows in (known, asked)
    )
    _, sizes, directions = np.linalg.svd(known, full_matrices=False)
    directions = directions[sizes > 1e-9 * sizes.max(initial=1e-9)]
    return known @ directions.T, asked @ directions.T


def _quick_student(rows: np.ndarray, targets: np.ndarray, weights: np.ndarray):
    """Softmax regression on soft targets; a function from rows to probabilities."""
    weights = weights * len(weights) / weights.sum()
    shape = (rows.shape[1] + 1, targets.shape[1])  # the last row is the bias, which no penalty holds

    def logits(values, given):
        return given @ values[:-1] + values[-1]

    def loss(flat):
        values = flat.reshape(shape)
        found = logits(values, rows)
        wrong = weights[:, None] * (softmax(found, axis=1) - targets)
        gradient = np.vstack([rows.T @ wrong + values[:-1] / STRENGTH, wrong.sum(axis=0)])
        total = -(weights[:, None] * targets * log_softmax(found, axis=1)).sum()
        return total + np.square(values[:-1]).sum() / (2 * STRENGTH), gradient.ravel()

    best = minimize(loss, np.zeros(np.prod(shape)), jac=True, method="L-BFGS-B").x.reshape(shape)
    return lambda given: softmax(logits(best, given), axis=1)

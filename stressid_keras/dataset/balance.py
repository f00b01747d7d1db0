"""The search behind the splits: groups of given sizes whose class shares are near those of the whole."""

import numpy as np

TOLERANCE = 1e-12  # distances that differ by less are equal but for rounding


def balanced_assignment(counts: np.ndarray, sizes, restarts: int, seed: int) -> np.ndarray:
    """Divide subjects into parts so that the class shares of every part are near the whole's.

    Random starts, each improved by the best swap of two subjects until none helps; the best of all is kept,
    and of equals the first, so that the seed decides between them.

    Args:
        counts: (n, classes) rows per subject and class, as floats.
        sizes: number of subjects of each part; they add up to n.
        restarts: random starts.
        seed: of the random starts.

    Returns:
        (n,) int, the part of each subject.
    """
    rng = np.random.default_rng(seed)
    shares = counts.sum(axis=0) / counts.sum()
    parts = np.repeat(np.arange(len(sizes)), sizes)
    best, least = None, np.inf
    for _ in range(max(1, restarts)):
        assignment, distance = _climb(counts, shares, rng.permutation(parts), len(sizes))
        if distance < least - TOLERANCE:
            best, least = assignment, distance
        if least < TOLERANCE:
            break
    return best


def class_distances(sums: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Total variation distance of each part's class shares (parts, classes) from `shares` (classes,); 0 of no rows."""
    totals = sums.sum(axis=1, keepdims=True)
    return np.abs(sums / np.maximum(totals, 1) - shares * (totals > 0)).sum(axis=1) / 2


def _climb(counts, shares, assignment, parts: int) -> tuple[np.ndarray, float]:
    """Swap the two subjects of different parts that lower the sum of distances most, until none does."""
    surplus = counts - shares * counts.sum(axis=1, keepdims=True)  # (n, classes)
    totals = counts.sum(axis=1)
    while True:
        sums = np.stack([counts[assignment == part].sum(axis=0) for part in range(parts)])
        distances = class_distances(sums, shares)
        # i's part without i, as surplus over its fair share, and how many rows that is
        rest = (sums - shares * sums.sum(axis=1, keepdims=True))[assignment] - surplus
        rest_totals = sums.sum(axis=1)[assignment] - totals
        after = sum(np.abs(rest[:, c, None] + surplus[:, c]) for c in range(counts.shape[1]))
        after /= 2 * (rest_totals[:, None] + totals)  # (i, j): distance of i's part with j in i's place
        gain = distances[assignment] - after
        gain = gain + gain.T
        gain[assignment[:, None] == assignment] = 0
        i, j = np.unravel_index(gain.argmax(), gain.shape)
        if gain[i, j] <= TOLERANCE:
            return assignment, distances.sum()
        assignment[i], assignment[j] = assignment[j], assignment[i]

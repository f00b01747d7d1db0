"""How well features tell who a person is: what a model could learn instead of the stress."""

import numpy as np
from sklearn.metrics import pairwise_distances

from stressid_keras.analysis.probes.columns import checked_rows, standardised

TIE = 1e-6  # distances of standardised features that differ by less are equal


def identity_probe(features, subjects, recordings) -> dict[str, float | int | None]:
    """Re-identify subjects by the nearest neighbour among all other recordings.

    Windows of the same recording are never compared: they share the room, the clothes and the electrodes' position.

    Args:
        features: (n, d) of n windows of people that the features were not trained on; what is not finite counts as
            the column's median.
        subjects: (n,) names.
        recordings: (n,) names.

    Returns:
        `accuracy`, the share of a subject's windows whose nearest neighbour is of the same subject, averaged over
        subjects (equally near neighbours share the vote); `chance`, the same average for a neighbour drawn blindly
        from the windows that a window is compared with; `times_chance`, their ratio; `n_subjects` and `n_windows`,
        of the subjects with two recordings or more: the others cannot be found and are left out. The three scores
        are None with fewer than two such subjects.

    Raises:
        StressIDError: shapes that do not fit.
    """
    features, subjects, recordings = checked_rows(features, subjects, recordings)
    kept = np.isin(subjects, _with_several(subjects, recordings))
    features, subjects, recordings = features[kept], subjects[kept], recordings[kept]
    names, subject = np.unique(subjects, return_inverse=True)
    counts = {"n_subjects": len(names), "n_windows": len(subjects)}
    if len(names) < 2:
        return dict.fromkeys(("accuracy", "chance", "times_chance")) | counts
    compared = recordings[:, None] != recordings
    own = compared & (subject[:, None] == subject)
    nearest = _nearest(standardised(features), compared)
    accuracy, chance = (
        _by_subject((own & among).sum(axis=1) / among.sum(axis=1), subject) for among in (nearest, compared)
    )
    return {"accuracy": accuracy, "chance": chance, "times_chance": accuracy / chance} | counts


def _with_several(subjects: np.ndarray, recordings: np.ndarray) -> list[str]:
    pairs = set(zip(subjects.tolist(), recordings.tolist(), strict=True))
    names = [subject for subject, _ in pairs]
    return [name for name in set(names) if names.count(name) > 1]


def _nearest(features: np.ndarray, compared: np.ndarray) -> np.ndarray:
    """(n, n) bool: which of the windows that a window is compared with are nearest to it."""
    if not features.shape[1]:
        return compared
    distances = np.where(compared, pairwise_distances(features), np.inf)
    return distances <= distances.min(axis=1, keepdims=True) + TIE


def _by_subject(scores: np.ndarray, subject: np.ndarray) -> float:
    return float(np.mean(np.bincount(subject, scores) / np.bincount(subject)))

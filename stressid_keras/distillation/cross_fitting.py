"""What cross-fitting and its controls need: parts of people, one space for several networks, exchanged rows."""

import numpy as np

from stressid_keras.errors import StressIDError

PENALTIES = np.logspace(-2, 4, 13)  # of the ridge regression, on standardised features


def parts_of_people(people, labels, parts: int, seed: int) -> np.ndarray:
    """(n,) number of a row's part, from 0: all of a person in one, the classes shared out evenly.

    Raises:
        StressIDError: fewer people than parts.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    people, labels = np.asarray(people), np.asarray(labels)
    if (known := len(np.unique(people))) < parts:
        raise StressIDError(
            f"cross_fit_parts is {parts}; expected at most the number of people to train on, {known}."
        )
    found = np.full(len(people), -1)
    folds = StratifiedGroupKFold(parts, shuffle=True, random_state=seed).split(people, labels, people)
    for number, (_, rows) in enumerate(folds):
        found[rows] = number
    return found


def into_space(known: np.ndarray, target: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """Features of one network as another one would give them.

    By ridge regression of standardised features, whose penalty is chosen by leaving rows out in turn.

    Args:
        known, target: (n, d) and (n, t), of the same rows by both networks.
        moved: (m, d) of other rows, by the first.

    Returns:
        (m, t) float32.
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
    return model.fit(known, target).predict(moved).reshape(len(moved), -1).astype(np.float32)


def exchanged_rows(people, labels, seed: int) -> np.ndarray:
    """(n,) which row each takes the place of: one of the same person and class, another one where there is any."""
    people, labels = np.asarray(people), np.asarray(labels)
    random, found = np.random.default_rng(seed), np.arange(len(people))
    for person in np.unique(people):
        for label in np.unique(labels[people == person]):
            rows = random.permutation(np.flatnonzero((people == person) & (labels == label)))
            found[rows] = np.roll(rows, 1)  # a circle: no row keeps its place
    return found

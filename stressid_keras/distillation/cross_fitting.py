"""What cross-fitting and its controls need: parts of people, one space for several networks, exchanged rows."""

import numpy as np

from stressid_keras.errors import StressIDError

PENALTIES = np.logspace(-2, 4, 13)  # of the ridge regression, on standardised features


def parts_of_people(people, labels, parts: int, seed: int) -> np.ndarray:
    """(n,) number of a row's part, from 0 without a gap: all of a person in one, the classes shared out evenly.

    Args:
        parts: at most; where there are fewer people, each is one.

    Raises:
        StressIDError: fewer than two people.
    """
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    people, labels = np.asarray(people), np.asarray(labels)
    if (known := len(np.unique(people))) < 2:
        raise StressIDError(
            f"There is {known} person to train on; expected two or more, for each is judged by who never saw them."
        )
    parts = min(parts, known)
    found = np.full(len(people), -1)
    is_rare = np.bincount(labels)[labels].min() < parts  # a class which not every part can have
    kind = GroupKFold if is_rare else StratifiedGroupKFold
    folds = kind(parts, shuffle=True, random_state=seed).split(people, labels, people)
    for number, (_, rows) in enumerate(folds):
        found[rows] = number
    return np.unique(found, return_inverse=True)[1]  # a part may get nobody


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
    """(n,) which row each takes the place of: another one of the same class, and of the same person if there is any.

    Rows that are the only ones of their person and class are exchanged with each other.
    """
    people, labels = np.asarray(people), np.asarray(labels)
    random, found = np.random.default_rng(seed), np.arange(len(people))
    for label in np.unique(labels):
        circles, single = [], []
        for person in np.unique(people[labels == label]):
            rows = np.flatnonzero((people == person) & (labels == label))
            single.extend(rows) if len(rows) == 1 else circles.append(rows)
        for rows in (*circles, single):
            rows = random.permutation(np.asarray(rows, int))
            found[rows] = np.roll(rows, 1)  # a circle: no row keeps its place
    return found

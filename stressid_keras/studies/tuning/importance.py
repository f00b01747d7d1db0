"""Which of the values that a search changed its scores depend on."""

from collections.abc import Sequence

import numpy as np

FEWEST_TRIALS = 10  # a forest on fewer says nothing
REPEATS = 20  # of the permutation of each value
TREES = 200
PARTS = 5  # of the trials, each predicted from the others
ERROR = "neg_mean_squared_error"


def importances(values: Sequence[dict], scores: Sequence[float], seed: int = 0) -> dict[str, float] | None:
    """By hyperparameter, how much of what a random forest knows of the scores is lost when it is permuted.

    A forest that predicts the score from the values stands for the unknown response, as in F. Hutter, H. Hoos, K.
    Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", ICML 2014; the loss is that of
    explained variance (L. Breiman, "Random Forests", 2001) of trials that the forest was not grown on, as shares of
    their sum. With few trials it is a hint, and values that were tried together share what they are worth.

    Args:
        values: of each trial; a value that a trial does not have is one of its own.
        scores: of each trial.

    Returns:
        The most important first; None with fewer than `FEWEST_TRIALS` trials, or where the forest cannot predict scores
        of trials that it does not know.
    """
    if len(scores) < FEWEST_TRIALS or np.ptp(scores) == 0:
        return None
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance
    from sklearn.model_selection import KFold

    names = list(dict.fromkeys(name for each in values for name in each))
    columns = np.column_stack([_numbers([each.get(name) for each in values]) for name in names])
    scores, predicted, lost = np.asarray(scores, float), np.zeros(len(scores)), np.zeros(len(names))
    for known, others in KFold(PARTS, shuffle=True, random_state=seed).split(columns):
        forest = RandomForestRegressor(TREES, random_state=seed).fit(columns[known], scores[known])
        predicted[others] = forest.predict(columns[others])
        found = permutation_importance(
            forest, columns[others], scores[others], scoring=ERROR, n_repeats=REPEATS, random_state=seed
        )
        lost += len(others) * found.importances_mean
    lost = np.maximum(lost, 0)
    if not lost.sum() or np.mean((scores - predicted) ** 2) >= np.var(scores):
        return None
    order = np.argsort(-lost, kind="stable")
    return {names[i]: float(lost[i] / lost.sum()) for i in order}


def _numbers(values: Sequence) -> np.ndarray:
    """Numbers as they are, for a tree cares for their order alone; names by their place; an absent one below all."""
    if all(value is None or isinstance(value, int | float) for value in values):
        known = [value for value in values if value is not None]
        least = min(known, default=0.0) - 1
        return np.array([least if value is None else value for value in values], float)
    order = {name: place for place, name in enumerate(sorted({str(value) for value in values}))}
    return np.array([order[str(value)] for value in values], float)

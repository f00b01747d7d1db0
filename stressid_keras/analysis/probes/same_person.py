"""One person under two names: then a split by subject does not divide people."""

import numpy as np
from scipy import sparse, special, stats
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from sklearn.covariance import ledoit_wolf

from stressid_keras.analysis.probes.columns import checked_rows, standardised

LEVEL = 0.05  # of a false alarm anywhere in a data set
# Of the neighbours that one person's recordings would have under the other name. On acted speech of 12 people, one of
# whom was divided in 96 ways, 0.25 took two others for one in one of them, 0.35 in none; above 0.5 fewer divided people
# are found.
LEAST_SHARE = 0.4
LEAST_SUBJECTS = 5  # fewer pairs than those of five people do not show how alike two people can be
# Of the degrees of freedom within subjects; more directions cannot be told from chance, fewer lose what tells people
# apart. Of .1, .2, .3 and .5, those in the middle found the most divided people in simulations.
DIRECTIONS = 0.25
MOST_MISSING = 0.5  # of a recording's features; two recordings that are all medians are no copies
ROUNDED = 9  # decimals, far below `SAME`
SAME = 1e-6  # root mean square distance of standardised features below which two recordings are one file


def duplicate_subjects(
    features, subjects, recordings, level: float = LEVEL
) -> list[dict[str, str | float | int | None]]:
    """Pairs of names that are the same person, by features that identify people.

    Windows are averaged to recordings. Two kinds are found. Identical recordings under two names are copies,
    whatever their number. Other pairs must pass both of these:

    - The two names are nearer to each other than two different people get. Distances are between subjects' means, in
      principal components whitened by the shrunk covariance within subjects (Ledoit and Wolf, 2004), so that what
      is stable in a person counts; each is divided by its expectation for the pair's numbers of recordings. The
      cube roots of all pairs' are about normal (Wilson and Hilferty, 1931), and a pair is tested against the others as
      an outlier below (Grubbs, 1969), with as many degrees of freedom as independent people give, and Bonferroni's
      correction for the number of pairs.
    - Their recordings find each other as their own: `share` is at least `LEAST_SHARE`.

    A binomial test of neighbours against blind chance would not do: any two people who resemble each other more than
    the rest pass it. In simulations (people of 3, 10 or 40 Gaussian traits of 0 to 4 times the chance within a person,
    3 to 11 recordings each, 150 columns) it raised a false alarm in up to .10, .39, .92 and 1.00 of the data sets of 6,
    12, 26 and 60 people, this one in at most .015. Of people whose recordings, at least 6, are divided between two
    names, this one finds .78 to .95 with 40 traits as strong as chance, and hardly any with 3: other people are then as
    much alike by accident.

    Features that do not identify people flag nobody but copies, and with fewer than five people only copies are found.

    Args:
        features: (n, d) of n windows; what is not finite counts as the column's median.
        subjects: (n,) names.
        recordings: (n,) names.
        level: probability of a false alarm in a data set without duplicates.

    Returns:
        For each pair, surest first: `first`, `second`; `share`, how often a recording of the one has its nearest
        neighbour in the other rather than among its own, mean of both directions, divided by how often it would if both
        names were one person (1: as one person; more than 1: copies); `p_value`, corrected, None with too few people;
        `identical_recordings`; `n_recordings`, of the two together.

    Raises:
        StressIDError: shapes that do not fit.
    """
    points, subject, names = _recordings(*checked_rows(features, subjects, recordings))
    if len(names) < 2 or not points.shape[1]:
        return []
    first, second = np.triu_indices(len(names), 1)
    identical = _identical(points, subject)[first, second]
    p_values, shares = _tests(points, subject, first, second, identical > 0, level)
    flagged = np.flatnonzero((identical > 0) | ((p_values < level) & (shares >= LEAST_SHARE)))
    counts = np.bincount(subject)
    return [
        {
            "first": str(names[first[pair]]),
            "second": str(names[second[pair]]),
            "share": _number(shares[pair]),
            "p_value": _number(p_values[pair]),
            "identical_recordings": int(identical[pair]),
            "n_recordings": int(counts[first[pair]] + counts[second[pair]]),
        }
        for pair in sorted(flagged, key=lambda pair: (-identical[pair], p_values[pair], pair))
    ]


def _recordings(features, subjects, recordings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standardised features of recordings (m, c), the index of each one's subject (m,), the subjects' names."""
    usable = np.isfinite(features).sum(axis=1) >= (1 - MOST_MISSING) * max(features.shape[1], 1)
    if not usable.any():
        return np.zeros((0, 0)), np.zeros(0, dtype=int), subjects[:0]
    keys = np.stack([subjects[usable], recordings[usable]], axis=1)
    keys, recording = np.unique(keys, axis=0, return_inverse=True)
    names, subject = np.unique(keys[:, 0], return_inverse=True)
    return standardised(_means(standardised(features[usable]), recording.reshape(-1))), subject, names


def _identical(points: np.ndarray, subject: np.ndarray) -> np.ndarray:
    """(subjects, subjects) how many recordings of the one are also the other's."""
    # A tree, for so small a radius: all distances of 1,000 hours would take tens of gibibytes. What is equal but for
    # rounding is one place of it, or many silent recordings would be as many pairs.
    places, place = np.unique(np.round(points, ROUNDED), axis=0, return_inverse=True)
    near = cKDTree(places).query_pairs(SAME * np.sqrt(points.shape[1]), output_type="ndarray")
    is_near = _table(near[:, 0], near[:, 1], (len(places), len(places)))
    is_near = is_near + is_near.T + sparse.identity(len(places), format="csr")
    people = _table(np.arange(len(subject)), subject, (len(subject), subject.max() + 1))
    recordings = _table(np.arange(len(place)), place.reshape(-1), (len(place), len(places)))
    has_like = (recordings @ (is_near @ (recordings.T @ people))) > 0  # recording, person
    counts = (people.T @ has_like).toarray().astype(int)
    return np.minimum(counts, counts.T)


def _table(rows, columns, shape) -> sparse.csr_array:
    """Ones at places of a sparse table."""
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape)


def _tests(points, subject, first, second, copies, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Corrected p-values and shares (pairs,), NaN where they are not known."""
    scores = special.ndtri((stats.rankdata(points, axis=0) - 0.5) / len(points))  # outliers rule no column
    axes = _person_axes(scores, subject)
    space = scores if axes is None else scores @ axes
    p_values, shares = np.full(len(first), np.nan), np.full(len(first), np.nan)

    def measure(pairs):
        for pair in pairs[np.isnan(shares[pairs])]:
            shares[pair] = _share(space, subject, first[pair], second[pair])

    measure(np.flatnonzero(copies))
    if axes is None or subject.max() + 1 < LEAST_SUBJECTS:
        return p_values, shares
    others = ~copies
    while True:  # duplicates that are found no longer serve as examples of different people
        p_values = _outlier_tests(space, subject, first, second, others)
        measure(np.flatnonzero(p_values < level))
        found = others & (p_values < level) & (shares >= LEAST_SHARE)
        if not found.any():
            return p_values, shares
        others &= ~found


def _person_axes(scores: np.ndarray, subject: np.ndarray) -> np.ndarray | None:
    """(c, q) directions in which chance within a person is alike; None with too few recordings."""
    inside = scores - _means(scores, subject)[subject]
    freedom = len(scores) - subject.max() - 1
    directions = min(int(DIRECTIONS * freedom), scores.shape[1])
    if directions < 1:
        return None
    components = np.linalg.svd(scores - scores.mean(axis=0), full_matrices=False)[2][:directions].T
    covariance, _ = ledoit_wolf(inside @ components * np.sqrt(len(scores) / freedom), assume_centered=True)
    variances, turned = np.linalg.eigh(covariance)
    return components @ turned / np.sqrt(np.maximum(variances, 1e-9 * max(variances.max(), 1e-30)))


def _share(space: np.ndarray, subject: np.ndarray, first: int, second: int) -> float:
    """How often two people's recordings find each other, by how often one person's would; NaN if nobody has two."""
    pair = np.isin(subject, (first, second))
    points, is_first = space[pair], subject[pair] == first
    distances = cdist(points, points)
    np.fill_diagonal(distances, np.inf)
    found = []
    for own in (is_first, ~is_first):
        if own.sum() > 1:
            strays = distances[np.ix_(own, ~own)].min(axis=1) < distances[np.ix_(own, own)].min(axis=1)
            found.append(strays.mean() * (len(own) - 1) / (~own).sum())
    return float(np.mean(found)) if found else np.nan


def _outlier_tests(space, subject, first, second, others) -> np.ndarray:
    """Corrected p-values (pairs,) of each pair against `others`, pairs of different people."""
    means, counts = _means(space, subject), np.bincount(subject)
    within = np.sum((space - means[subject]) ** 2) / (len(space) - len(means))
    noise = within * (1 / counts[first] + 1 / counts[second])
    distances = cdist(means, means, "sqeuclidean")[first, second]
    between = max(float(np.mean((distances - noise)[others])), 0.0) if others.any() else 0.0
    roots = np.cbrt(distances / np.maximum(noise + between, 1e-30))
    return np.minimum(_below_others(roots, others, len(means)) * len(roots), 1)


def _below_others(values: np.ndarray, others: np.ndarray, n_subjects: int) -> np.ndarray:
    """One-sided p-values of each value against those marked, itself left out."""
    n = np.count_nonzero(others) - others
    if n.min() < LEAST_SUBJECTS:
        return np.ones(len(values))
    values = values - values[others].mean()  # so that those marked add up to 0
    mean = -(others * values) / n
    variance = (np.sum(values[others] ** 2) - others * values**2 - n * mean**2) / (n - 1)
    variance = np.maximum(variance, 0)
    spread = np.sqrt(variance * (1 + 1 / (n_subjects - 1)))
    deviations = np.divide(values - mean, spread, out=np.zeros_like(values), where=spread > 1e-12)
    return stats.t.cdf(deviations, n_subjects - 1)


def _means(rows: np.ndarray, group: np.ndarray) -> np.ndarray:
    """(groups, c) means of the rows of each group."""
    sums = np.zeros((group.max() + 1, rows.shape[1]))
    np.add.at(sums, group, rows)
    return sums / np.bincount(group)[:, None]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

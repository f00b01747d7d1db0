"""Features of windows in the plane."""

import numpy as np

from stressid_keras.errors import StressIDError

FEWEST_FOR_TSNE = (
    30  # different windows; of fewer, neighbourhoods say less than the directions of most variance
)
PERPLEXITY = 30  # scikit-learn's, for 91 windows or more


def embed(features: np.ndarray, seed: int) -> tuple[np.ndarray, str]:
    """Coordinates for a picture of the features: t-SNE, or the first two principal components of few windows.

    t-SNE (van der Maaten and Hinton, JMLR 9, 2008) begins at the principal components, which keeps the arrangement of
    the clusters (Kobak and Berens, Nature Communications 10, 2019). Its distances between clusters, and their sizes,
    mean nothing; neighbourhoods do.

    Args:
        features: (n, d), such as the student's `feature`.
        seed: of t-SNE.

    Returns:
        (n, 2) float64, and the method's name: t-SNE or PCA. Features that do not differ all lie at the origin.

    Raises:
        StressIDError: not (n, d) with n and d of 1 or more, or a feature that is not finite.
    """
    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 2 or 0 in features.shape:
        raise StressIDError(f"the features have shape {features.shape}; expected (windows, dimensions).")
    if not np.isfinite(features).all():
        raise StressIDError("a feature is NaN or infinite; expected finite ones.")
    centred = features - features.mean(axis=0)
    largest = np.abs(centred).max()
    if (
        largest <= np.finfo(np.float32).eps * np.abs(features).max()
    ):  # rounding of float32, in which they were made
        return np.zeros((len(features), 2)), "PCA"
    scaled = centred / largest
    different = len(np.unique(scaled, axis=0))
    if different < FEWEST_FOR_TSNE:
        return _principal_components(scaled) * largest, "PCA"
    return _tsne(scaled, seed), "t-SNE"


def _principal_components(features: np.ndarray) -> np.ndarray:
    from sklearn.decomposition import PCA

    count = min(2, *features.shape)
    components = PCA(count, svd_solver="full").fit_transform(features)
    return np.pad(components, [(0, 0), (0, 2 - count)])


def _tsne(features: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    # A neighbourhood reaches to three times the perplexity (van der Maaten, JMLR 15, 2014): no farther than there are
    # windows.
    perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
    start = _principal_components(features)
    start *= 1e-4 / start[:, 0].std()  # scikit-learn's scale of a start
    tsne = TSNE(2, perplexity=perplexity, init=start.astype(np.float32), random_state=seed)
    # One thread: a thousand short steps wait for each other, for tens of seconds where other work has the cores.
    with threadpool_limits(1):
        return tsne.fit_transform(features.astype(np.float32)).astype(np.float64)

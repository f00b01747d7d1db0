import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from stressid_keras.analysis.inspection import embed
from stressid_keras.errors import StressIDError


def clusters(n, dimensions=16, distance=8.0):
    """n features in two clouds, and which cloud each is from."""
    rng = np.random.default_rng(n)
    cloud = np.arange(n) % 2
    return (rng.normal(size=(n, dimensions)) + distance * cloud[:, None]).astype(np.float32), cloud


@pytest.mark.parametrize(("n", "method"), [(8, "PCA"), (29, "PCA"), (30, "t-SNE"), (120, "t-SNE")])
def test_two_clusters_lie_apart(n, method):
    features, cloud = clusters(n)
    coordinates, found = embed(features, seed=0)
    assert found == method
    assert coordinates.shape == (n, 2)
    near = (pdist(coordinates[cloud == side]).max() for side in (0, 1))
    between = np.linalg.norm(coordinates[cloud == 0].mean(axis=0) - coordinates[cloud == 1].mean(axis=0))
    assert between > max(near) / 2
    nearest = np.linalg.norm(coordinates[:, None] - coordinates[None], axis=2)
    np.fill_diagonal(nearest, np.inf)
    assert np.array_equal(cloud[nearest.argmin(axis=1)], cloud)


@pytest.mark.parametrize("n", [10, 60])
def test_same_features_and_seed_give_the_same_coordinates(n):
    features, _ = clusters(n)
    first, second = (embed(features, seed=3)[0] for _ in range(2))
    assert np.array_equal(first, second)


@settings(max_examples=25)
@given(
    n=st.integers(1, 45),
    dimensions=st.integers(1, 4),
    different=st.integers(1, 45),
    scale=st.sampled_from([1e-12, 1.0, 1e8]),
    offset=st.sampled_from([0.0, 1000.0]),
)
def test_odd_features_have_finite_coordinates(n, dimensions, different, scale, offset):
    """One or two windows, one dimension, copies of each other, tiny and huge: without a warning."""
    points = np.random.default_rng(n).normal(size=(different, dimensions))
    features = (scale * (points[np.arange(n) % different] + offset)).astype(np.float32)
    coordinates, method = embed(features, seed=0)
    assert coordinates.shape == (n, 2)
    assert np.isfinite(coordinates).all()
    assert method in ("PCA", "t-SNE")


def test_features_that_do_not_differ_lie_at_one_point():
    coordinates, method = embed(np.full((40, 8), 0.1, np.float32), seed=0)
    assert method == "PCA"
    assert not coordinates.any()


def test_two_windows_keep_their_distance():
    coordinates, _ = embed(np.array([[0.0, 0, 0], [3, 4, 0]]), seed=0)
    assert pdist(coordinates) == pytest.approx([5.0])


def test_features_that_are_no_table_of_finite_numbers_are_refused():
    with pytest.raises(StressIDError, match=r"shape \(4,\)"):
        embed(np.zeros(4), seed=0)
    with pytest.raises(StressIDError, match="NaN or infinite"):
        embed(np.array([[0.0], [np.nan]]), seed=0)

"""A tree of four recordings, for the tests of more than one room."""

import shutil
from pathlib import Path

import pytest

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset.index import index_dataset
from stressid_keras.dataset.synthetic.tree import SyntheticConfig, make_synthetic_tree


@pytest.fixture(scope="session")
def pristine_tree(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("pristine") / "tree"
    make_synthetic_tree(root, SyntheticConfig(subjects=2, tasks=2, seconds=2.0, seed=0))
    return root


@pytest.fixture
def tree(pristine_tree, tmp_path) -> Path:
    """A tree of four recordings that a test may change."""
    return Path(shutil.copytree(pristine_tree, tmp_path / "tree"))


@pytest.fixture
def index(tree):
    return index_dataset(tree, DatasetConfig())

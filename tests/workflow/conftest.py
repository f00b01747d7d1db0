"""A cross-validation of the tiny tree, trained once for all tests of it; only video and ECG are imitated."""

import dataclasses
from typing import NamedTuple

import pytest

from stressid_keras.config import DistillationConfig
from stressid_keras.workflow import CrossValidation, Reporter, Run


class Recorder(Reporter):
    def __init__(self):
        self.worked, self.reused_stages = [], []

    def progress(self, stage, done, values):
        self.worked.append((stage, done))

    def reused(self, stage, files):
        self.reused_stages.append(stage)


class Finished(NamedTuple):
    folds: CrossValidation
    metrics: dict


@pytest.fixture(scope="session")
def two_terms(tiny_config):
    return dataclasses.replace(tiny_config, distillation=DistillationConfig(gamma=0.0, delta=0.0))


@pytest.fixture(scope="session")
def make_folds(tiny_tree, two_terms):
    """make_folds(folder, **options) → a cross-validation in that folder."""

    def make(folder, folds=3, repeats=1, jobs=2, **options):
        run = Run(tiny_tree, folder / "prepared", folder / "run", two_terms, reporter=Recorder())
        return CrossValidation(run, folds, repeats, jobs, **options)

    return make


@pytest.fixture(scope="session")
def finished_folds(make_folds, tmp_path_factory):
    folds = make_folds(tmp_path_factory.mktemp("folds"))
    return Finished(folds, folds.evaluate())

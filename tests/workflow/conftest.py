"""A cross-validation of the tiny tree, trained once for all tests of it; only video and ECG are imitated."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from stressid_keras.config import DistillationConfig, to_dict
from stressid_keras.provenance import write_json
from stressid_keras.workflow import CrossValidation, Reporter, Run

from ..recipe_table import check_what_it_leaves

ROOT = Path(__file__).resolve().parents[2]
CONSOLES = {"compare": "ascii", "ablate": "cp932"}  # none may need UTF-8


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
        return CrossValidation(run.context, folds, repeats, jobs, **options)

    return make


@pytest.fixture(scope="session")
def finished_folds(make_folds, tmp_path_factory):
    folds = make_folds(tmp_path_factory.mktemp("folds"))
    return Finished(folds, folds.evaluate())


@pytest.fixture(scope="session")
def folds_recipe(finished_folds, tiny_tree, two_terms, tmp_path_factory):
    """folds_recipe(name, *options) → what the recipe prints, run on the finished folds with their configuration."""
    config = tmp_path_factory.mktemp("config") / "config.json"
    write_json(config, to_dict(two_terms))
    run = finished_folds.folds.context

    def start(name, *options):
        recipe = [
            sys.executable,
            ROOT / "recipes" / f"{name}.py",
            "--data-dir",
            tiny_tree,
            "--config",
            config,
        ]
        folders = ["--prepared-dir", run.prepared_dir, "--output-dir", run.output_dir]
        command = [*recipe, *folders, "--folds", 3, "--jobs", 2, *options]
        console = CONSOLES.get(name, "utf-8")
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": console}
        result = subprocess.run([*map(str, command)], capture_output=True, encoding=console, env=environment)
        assert result.returncode == 0, result.stderr
        if name in CONSOLES:
            check_what_it_leaves(name, run.output_dir, result)
        return result.stdout

    return start

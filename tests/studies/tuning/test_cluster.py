"""A search on the workers of a cluster gives what this machine gives, also when it loses one of them half way."""

import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stressid_keras.config import default_distillation
from stressid_keras.provenance import write_json

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10s"}
# Of so few trials none is given up: which one that is depends on the order in which they end.
OPTIONS = ("--trials", "2", "--folds", "3", "--tuner", "random")


@pytest.fixture
def command(tiny_tree, tiny_store, tiny_config, tmp_path):
    """command(folder, *options) → the words that search there; every student learns from forests, for speed."""
    student = dataclasses.replace(tiny_config, distillation=default_distillation())
    write_json(tmp_path / "config.json", student.to_dict())

    def command(folder, *options):
        given = {
            "--data-dir": tiny_tree,
            "--prepared-dir": tiny_store.path,
            "--output-dir": folder,
            "--config": tmp_path / "config.json",
        }
        words = [str(word) for pair in given.items() for word in pair]
        return [sys.executable, str(ROOT / "recipes" / "tune.py"), *words, *OPTIONS, *options]

    return command


def scores(folder):
    found = json.loads((folder / "tuned.json").read_text())
    return {trial["trial"]: trial["score"] for trial in found["trials"]}, found["default"]["score"]


@pytest.mark.slow
def test_a_killed_worker_costs_the_fold_it_was_at_and_nothing_else(command, cluster, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    local = subprocess.run(command(here, "--jobs", "2"), capture_output=True, text=True, env=ENVIRONMENT)
    assert local.returncode == 0, local.stderr
    address, _, workers = cluster(2)
    run = subprocess.Popen(
        command(there, "--backend", "dask", "--scheduler", address),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    deadline = time.monotonic() + 300
    done = lambda: list((there / "tuning/student/trials").glob("*/*/score.json"))  # noqa: E731
    while len(done()) < 4:
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    workers[0].kill()
    before = {path: path.stat().st_mtime_ns for path in done()}
    _, errors = run.communicate(timeout=500)
    assert run.returncode == 0, errors
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert scores(there) == scores(here)

"""TensorFlow, JAX and torch compute the same: loss terms, training curves, and what is in a file."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).with_name("run_on_backend.py")
ROOT = Path(__file__).resolve().parents[2]
BACKENDS = ("tensorflow", "jax", "torch")
PAIRS = [("tensorflow", "jax"), ("tensorflow", "torch"), ("jax", "torch")]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Of every backend that is installed, one after the other in one folder."""
    folder = tmp_path_factory.mktemp("backends")
    found = {}
    for backend in BACKENDS:
        if importlib.util.find_spec(backend) is None:
            continue
        environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            [sys.executable, str(SCRIPT), str(folder)], env=environment, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr[-3000:]
        found[backend] = json.loads((folder / f"{backend}.json").read_text())
    return found


def of(results, *backends):
    for backend in backends:
        if backend not in results:
            pytest.skip(f"{backend} is not installed")
    return [results[backend] for backend in backends]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_loss_terms_agree_to_five_digits(results, one, other):
    one, other = of(results, one, other)
    assert len(one["terms"]) == 13
    assert one["terms"] == pytest.approx(other["terms"], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_training_curves_agree_over_twenty_steps(results, one, other):
    """Rounding grows from step to step, the more as Adam divides by the size of small gradients."""
    one, other = of(results, one, other)
    assert one["curve"].keys() == other["curve"].keys()
    assert one["curve"]["loss"][-1] < 0.95 * one["curve"]["loss"][0]
    for name in set(one["curve"]) - {"accuracy", "uar"}:
        np.testing.assert_allclose(one["curve"][name], other["curve"][name], rtol=1e-3, err_msg=name)


@pytest.mark.parametrize(("writer", "reader"), PAIRS)
def test_files_of_one_backend_predict_alike_on_another(results, writer, reader):
    wrote, read = of(results, writer, reader)
    loaded = read["loaded"][writer]
    for name in ("student", "teacher"):
        np.testing.assert_allclose(loaded[name], wrote["predictions"][name], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(loaded["distiller"], wrote["predictions"]["student"], rtol=1e-4, atol=1e-5)

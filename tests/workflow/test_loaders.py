"""A run without TensorFlow, a run that was killed, and a teacher's features of several views."""

import dataclasses
import importlib.util
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from stressid_keras.config import DistillationConfig, TrainingConfig
from stressid_keras.workflow import Run, RunContext, compute_teacher_features

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_TENSORFLOW = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] == "tensorflow" else self.finder.find_spec(name, path, target)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""
TRAIN = """
import dataclasses, pickle, sys
from pathlib import Path
from stressid_keras import Run, StressIDError

tree, prepared, folder, config = pickle.loads(Path(sys.argv[1]).read_bytes())
"""
EVERY_NETWORK = """
try:
    Run(tree, prepared, folder, config).control()
except StressIDError as error:
    print(error)
pipeline = dataclasses.replace(config.pipeline, loader="numpy")
Run(tree, prepared, folder, dataclasses.replace(config, pipeline=pipeline)).student()
assert not any(name.partition(".")[0] == "tensorflow" for name in sys.modules)
"""


@pytest.fixture
def started(tiny_tree, tiny_store, tmp_path):
    """started(code, config, backend) → a process that runs the code on the tiny tree."""
    processes = []

    def start(code, config, backend):
        arguments = tmp_path / "arguments.pickle"
        arguments.write_bytes(pickle.dumps((tiny_tree, tiny_store.path, tmp_path / "run", config)))
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(arguments)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": backend},
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_run_without_tensorflow(started, compiled_config, tmp_path):
    """From the prepared windows to the student; tf.data is refused with what to do instead."""
    distillation = DistillationConfig(feature_views=1, feature_dtype="float16")
    config = dataclasses.replace(compiled_config, distillation=distillation)
    process = started(WITHOUT_TENSORFLOW + TRAIN + EVERY_NETWORK, config, "torch")
    printed, _ = process.communicate()
    assert process.returncode == 0
    assert printed == (
        "TensorFlow is not installed, which loads the batches by default; choose --loader numpy, or install it "
        "with pip install tensorflow.\n"
    )
    assert {"teacher.keras", "student.keras"} <= {path.name for path in (tmp_path / "run").iterdir()}


def test_killed_training_goes_on_and_ends_as_if_it_had_not_been(
    started, tiny_config, tiny_tree, tiny_store, tmp_path
):
    config = dataclasses.replace(tiny_config, student_training=TrainingConfig(epochs=20, patience=20))
    process = started(
        TRAIN + "Run(tree, prepared, folder, config).control()", config, keras.backend.backend()
    )
    resume = tmp_path / "run" / "student_ce.resume.npz"
    while not resume.is_file() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert resume.is_file()
    assert not (tmp_path / "run" / "student_ce.keras").exists()
    weights, histories = [], []
    for folder in ("run", "whole"):
        run = Run(tiny_tree, tiny_store.path, tmp_path / folder, config)
        weights.append(keras.saving.load_model(run.control(), compile=False).get_weights())
        histories.append(pd.read_csv(tmp_path / folder / "history_student_ce.csv"))
        assert not list((tmp_path / folder).glob("*.resume.npz"))
    for resumed, uninterrupted in zip(*weights, strict=True):
        np.testing.assert_allclose(resumed, uninterrupted, atol=1e-6)
    pd.testing.assert_frame_equal(*histories, atol=1e-6)


def test_views_are_stored_once_and_again_when_what_they_are_of_changes(
    tiny_config, tiny_tree, tiny_store, tmp_path
):
    def features(views, dtype="float32"):
        config = dataclasses.replace(
            tiny_config,
            distillation=DistillationConfig(feature_views=views, feature_dtype=dtype),
            teacher_training=TrainingConfig(epochs=1, run_eagerly=True),
        )
        return compute_teacher_features(RunContext(tiny_tree, tiny_store.path, tmp_path, config))

    plain, viewed = features(0), features(2, "float16")
    assert set(plain["train"]) == {"video", "ecg", "eda", "rr", "logits"}
    for name, values in plain["train"].items():
        assert viewed["train"][name].dtype == np.float16
        assert viewed["train"][name].shape == (len(values), 3, values.shape[1])
        np.testing.assert_allclose(viewed["train"][name][:, 0], values, rtol=1e-2, atol=1e-3)
        np.testing.assert_allclose(viewed["val"][name], plain["val"][name], rtol=1e-2, atol=1e-3)
    written = (tmp_path / "teacher_views.npz").stat().st_mtime_ns
    features(2, "float16")
    assert (tmp_path / "teacher_views.npz").stat().st_mtime_ns == written
    assert features(1, "float16")["train"]["video"].shape[1] == 2

"""Training on several devices, and in several processes, has the loss curve of one device with the same batches."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from stressid_keras.batches.divided import DividedBatches
from stressid_keras.batches.filling import real_samples
from stressid_keras.errors import StressIDError
from stressid_keras.system.processes_together import processes_together
from stressid_keras.training.devices import Devices, devices

SCRIPT = Path(__file__).with_name("run_on_devices.py")
ROOT = Path(__file__).resolve().parents[2]


def start(backend, folder, devices, dropout, methods, **environment):
    command = [sys.executable, str(SCRIPT), str(folder), str(devices), str(dropout), methods]
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def found(running, folder, process=0):
    _, errors = running.communicate()
    assert running.returncode == 0, errors[-3000:]
    return json.loads((folder / f"curve{process}.json").read_text())


def assert_same_training(one, several, but=()):
    assert one["curve"][-1]["loss"] < 0.9 * one["curve"][0]["loss"]
    assert len(several["devices"]) == 2
    for name in one["curve"][0].keys() - set(but):
        curves = [[epoch[name] for epoch in each["curve"]] for each in (one, several)]
        np.testing.assert_allclose(*curves, rtol=1e-4, err_msg=name)
    np.testing.assert_allclose(one["logits"], several["logits"], atol=1e-4)


@pytest.fixture(scope="module")
def of_jax(tmp_path_factory):
    """Thirteen samples in batches of eight and five, with dropout and a method that compares the samples of a batch."""
    pytest.importorskip("jax", reason="JAX is not installed")
    folder = tmp_path_factory.mktemp("jax")
    return found(start("jax", folder, 2, 0.3, "mars+relational"), folder)


def test_two_devices_of_jax_train_as_one_does(of_jax):
    assert_same_training(of_jax["one"], of_jax["several"])


def test_two_processes_of_jax_train_as_one_does(of_jax, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    together = {"KERAS_DISTRIBUTION_NUM_PROCESSES": "2", "KERAS_DISTRIBUTION_JOB_ADDRESSES": address}
    running = [
        start(
            "jax", tmp_path, 1, 0.3, "mars+relational", **together, KERAS_DISTRIBUTION_PROCESS_ID=str(process)
        )
        for process in range(2)
    ]
    both = [found(each, tmp_path, process)["several"] for process, each in enumerate(running)]
    assert both[0] == both[1]
    assert_same_training(of_jax["one"], both[0])


def test_two_devices_of_tensorflow_train_as_one_does(tmp_path):
    """Without dropout, which each of them draws for its own part; Keras weighs what it logs as loss by the parts."""
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    both = found(start("tensorflow", tmp_path, 2, 0.0, "mars"), tmp_path)
    assert_same_training(both["one"], both["several"], but=("loss", "val_loss"))
    assert both["refused"].startswith("'relational' compares the samples of a batch with each other")


@pytest.mark.backend
def test_a_backend_that_divides_nothing_is_refused():
    if keras.backend.backend() != "torch":
        pytest.skip("this backend divides batches")
    with pytest.raises(StressIDError, match="set KERAS_BACKEND=jax"), devices("data-parallel"):
        pass


def test_tensorflow_is_given_no_batch_that_it_cannot_divide_evenly(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "tensorflow")
    three = Devices(("a", "b", "c"))
    three.check_batch(6)
    with pytest.raises(
        StressIDError, match="8 windows, which TensorFlow cannot divide evenly among 3 devices"
    ):
        three.check_batch(8)


@pytest.mark.parametrize(
    ("count", "own", "sentence"),
    [
        ("2", "2", "PROCESS_ID is 2; expected from 0 to 1"),
        ("two", "0", "NUM_PROCESSES is 'two'; expected a whole"),
    ],
)
def test_processes_that_the_environment_names_in_vain(count, own, sentence, monkeypatch):
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", count)
    monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", own)
    with pytest.raises(StressIDError, match=sentence):
        processes_together()


def test_filled_batches_keep_every_sample_and_say_what_fills_them():
    batches = [({"heard": np.arange(5.0)}, np.arange(5))]
    shares = [DividedBatches(batches, 4, processes=2, process=process)[0] for process in range(2)]
    assert [len(y) for _, y in shares] == [4, 4]
    x, y = keras.tree.map_structure(lambda *parts: np.concatenate(parts), *shares)
    assert x["filling"].shape == (8, 3)
    x, y, _ = keras.utils.unpack_x_y_sample_weight(real_samples((x, y)))
    np.testing.assert_array_equal(x["heard"], np.arange(5.0))
    np.testing.assert_array_equal(y, np.arange(5))
    assert set(x) == {"heard"}

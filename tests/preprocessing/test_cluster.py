"""A Dask cluster prepares the same bytes as this machine, also when it loses a worker half way."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stressid_keras.config import DatasetConfig, PreparationConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.errors import StressIDError
from stressid_keras.preprocessing import prepare_dataset

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "recipes" / "prepare.py"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10s"}


def prepare(tree, folder, *options):
    return subprocess.run(
        [sys.executable, str(RECIPE), "--data-dir", str(tree), "--prepared-dir", str(folder), *options],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
    )


@pytest.fixture
def start(tmp_path):
    """start(*arguments) → a process of distributed's; all of them are ended after the test."""
    started = []

    def start(module, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
        with open(tmp_path / f"{module}{len(started)}.log", "w") as log:
            started.append(subprocess.Popen(command, stdout=log, stderr=log, env=ENVIRONMENT, cwd=tmp_path))
        return started[-1]

    yield start
    for process in reversed(started):
        process.kill()
        process.wait()


@pytest.fixture
def scheduler(start):
    pytest.importorskip("distributed", reason="distributed is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start("dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    return f"tcp://127.0.0.1:{port}"


def start_worker(start, scheduler):
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
    return start("dask_worker", scheduler, *options)


def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(tiny_tree, tmp_path, scheduler, start, content):
    index = index_dataset(tiny_tree, DatasetConfig())
    expected = content(prepare_dataset(index, tmp_path / "local", PreparationConfig()).path)
    workers = [start_worker(start, scheduler) for _ in range(2)]
    folder = tmp_path / "prepared"
    data = ["--data-dir", str(tiny_tree), "--prepared-dir", str(folder)]
    run = subprocess.Popen(
        [sys.executable, str(RECIPE), *data, "--backend", "dask", "--scheduler", scheduler],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    deadline = time.monotonic() + 60
    while len(list(folder.glob("parts/[!.]*"))) < 10:
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    workers[0].kill()
    assert len(list(folder.glob("parts/[!.]*"))) < 18 * 5, "the worker was killed too late to matter"
    output, errors = run.communicate(timeout=120)
    assert run.returncode == 0, errors
    assert "18 complete windows" in output
    assert content(folder) == expected


def test_a_scheduler_that_does_not_answer_is_one_sentence(tiny_tree, tmp_path):
    pytest.importorskip("distributed", reason="distributed is not installed")
    result = prepare(tiny_tree, tmp_path, "--backend", "dask", "--scheduler", "tcp://127.0.0.1:9")
    assert result.returncode == 2
    assert "error: No Dask scheduler answers at tcp://127.0.0.1:9" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_missing_extra_is_one_sentence_with_the_pip_line(tiny_tree, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    index = index_dataset(tiny_tree, DatasetConfig())
    with pytest.raises(StressIDError, match=r'pip install -e "\.\[dask\]"'):
        prepare_dataset(index, tmp_path, PreparationConfig(), scheduler="tcp://127.0.0.1:8786")


def test_backend_and_scheduler_go_together(tiny_tree, tmp_path):
    result = prepare(tiny_tree, tmp_path, "--backend", "dask")
    assert result.returncode == 2
    assert result.stderr.strip().endswith("give both or neither.")

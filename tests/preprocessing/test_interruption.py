"""Whatever ends a real process, the same command finishes the rest and the bytes are those of one run."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stressid_keras.config import GafConfig, PreparationConfig, VideoConfig
from stressid_keras.errors import StressIDError
from stressid_keras.preprocessing import prepare_dataset
from stressid_keras.store.store import PreparedStore

ROOT = Path(__file__).resolve().parents[2]
CONFIG = PreparationConfig()
OTHER = PreparationConfig(gaf=GafConfig(method="difference"), video=VideoConfig(max_side=32))
KILLS = 10

# What it takes to prepare, and nothing more: a recipe's imports would be most of a test's time.
SCRIPT = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # which what runs in the background inherits ignored
from stressid_keras.config import DatasetConfig, PreparationConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.preprocessing import prepare_dataset
tree, folder, jobs, waits = sys.argv[1:]
def progress(done, total, failed):
    print("prepared", flush=True)
    time.sleep(int(waits))
index = index_dataset(tree, DatasetConfig())
print("begin", flush=True)
prepare_dataset(index, folder, PreparationConfig(), int(jobs), progress)
print("end", flush=True)
"""


@pytest.fixture
def start(tree):
    """start(folder, jobs, waits) → a process that has just begun to prepare; none outlives the test.

    It waits so many seconds after each recording.
    """
    started = []

    def start(folder, jobs=1, waits=0):
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *map(str, (tree, folder, jobs, waits))],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,  # a signal then reaches its workers, as Ctrl-C does, and not us
        )
        started.append(process)
        assert process.stdout.readline() == "begin\n"
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def undisturbed(index, tmp_path, content):
    return content(prepare_dataset(index, tmp_path / "undisturbed", CONFIG).path)


def test_killed_at_ten_moments_it_still_ends_with_the_same_bytes(
    start, index, tmp_path, content, undisturbed
):
    older = prepare_dataset(index, tmp_path / "older", OTHER).path
    process, begin = start(shutil.copytree(older, tmp_path / "timed")), time.monotonic()
    process.wait()
    whole = time.monotonic() - begin
    generator, killed = random.Random(0), 0
    for number in range(KILLS):  # every second one has an older store to replace
        folder = tmp_path / f"killed{number}"
        if number % 2:
            shutil.copytree(older, folder)
        process = start(folder)
        time.sleep(whole * generator.random())
        process.kill()
        killed += process.wait() == -signal.SIGKILL
        assert content(prepare_dataset(index, folder, CONFIG).path) == undisturbed
    assert killed >= KILLS // 2, "the kills came too late to show anything"


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_leaves_what_the_next_run_needs(start, index, tmp_path, content, undisturbed, jobs):
    folder = tmp_path / "prepared"
    process = start(folder, jobs, waits=60)
    assert process.stdout.readline() == "prepared\n"
    assert list(folder.glob("parts/[!.]*"))
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(20) != 0
    with pytest.raises(StressIDError):
        PreparedStore.open(folder)
    assert content(prepare_dataset(index, folder, CONFIG).path) == undisturbed


def test_of_two_runs_at_once_the_second_waits_and_finds_all_done(start, tmp_path, content, undisturbed):
    folder = tmp_path / "prepared"
    runs = [start(folder), start(folder)]
    for run in runs:
        # `communicate` would lose what came along with the line that was read.
        assert "end" in run.stdout.read()
        assert run.wait(60) == 0
    assert content(folder) == undisturbed


@pytest.mark.parametrize("share", [0.3, 0.9, 1.2])  # of what the arrays need: in the parts, in the packing
def test_a_full_disk_is_one_sentence_and_nothing_half_written_is_believed(
    small_disk, index, tmp_path, content, undisturbed, share
):
    size = sum(map(len, undisturbed.values())) / 1024
    folder = small_disk(int(share * size)) / "prepared"
    with pytest.raises(StressIDError, match=r"prepared cannot be written \(No space left on device\); fix"):
        prepare_dataset(index, folder, CONFIG)
    with pytest.raises(StressIDError):
        PreparedStore.open(folder)
    small_disk(int(4 * size))
    assert content(prepare_dataset(index, folder, CONFIG).path) == undisturbed

"""Two runs in one folder, a folder that goes, a disk that is full, records that were edited: nothing is lost unsaid."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stressid_keras.config import StudentConfig
from stressid_keras.dataset import SubjectSplit
from stressid_keras.errors import StaleError
from stressid_keras.provenance import atomic_path
from stressid_keras.system import locking
from stressid_keras.system.temporary import PREFIX
from stressid_keras.workflow import Reporter, Run, prepare

from ..json_files import edit_json

ROOT = Path(__file__).resolve().parents[2]


class Recorder(Reporter):
    def __init__(self, at_start=None):
        self.worked, self.at_start = [], at_start

    def started(self, stage, total):
        self.worked.append(stage)
        if self.at_start:
            self.at_start(stage)


@pytest.fixture(scope="module")
def make_run(tiny_tree, tiny_config, tmp_path_factory):
    """make_run(output folder, reporter) → a run; all share one prepared folder."""
    prepared = tmp_path_factory.mktemp("prepared")

    def make(folder, reporter=None):
        return Run(tiny_tree, prepared, folder, tiny_config, reporter=reporter or Recorder())

    return make


@pytest.fixture(scope="module")
def trained(make_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    make_run(folder).control()
    return folder


def test_a_run_waits_for_the_one_that_writes_in_its_folder(make_run, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(locking, "PATIENCE_SECONDS", 0.1)
    run, done = make_run(tmp_path / "run"), []
    prepare(run.context)  # before the clock runs
    thread = threading.Thread(target=lambda: done.append(run.split))
    with make_run(tmp_path / "run").context.writing():
        thread.start()
        thread.join(1)
        assert not done
    thread.join(60)
    assert len(done) == 1
    assert "is being written by another run; waiting for it." in caplog.text


def test_an_output_folder_that_is_removed_meanwhile_is_one_sentence(make_run, tmp_path):
    folder = tmp_path / "run"

    def remove(stage):
        if stage == "student_ce":
            shutil.rmtree(folder)

    with pytest.raises(StaleError, match="run was removed or replaced while it was in use; run again"):
        make_run(folder, Recorder(remove)).control()


def test_a_training_whose_record_was_edited_is_done_again(make_run, trained, tmp_path):
    folder = shutil.copytree(trained, tmp_path / "run")
    before = json.loads((folder / "student_ce.json").read_text())["summary"]
    other = 1 + before["best_epoch"] % 2
    edit_json(folder / "student_ce.json", lambda record: record["summary"].update(best_epoch=other))
    with pytest.raises(StaleError, match=r"student_ce\.json is damaged, was changed"):
        make_run(folder).summary("student_ce")
    run = make_run(folder)
    run.control()
    assert "student_ce" in run.context.reporter.worked
    assert run.summary("student_ce") == before


def test_an_edited_split_is_made_anew(make_run, trained, tmp_path):
    folder = shutil.copytree(trained, tmp_path / "run")
    before = SubjectSplit.load(folder / "split.json")

    def leak(values):
        values["train"][0], values["test"][0] = values["test"][0], values["train"][0]

    edit_json(folder / "split.json", leak)
    assert make_run(folder).split == before
    assert SubjectSplit.load(folder / "split.json") == before


def test_what_a_killed_training_left_is_removed_by_the_next(make_run, trained, tmp_path):
    folder = shutil.copytree(trained, tmp_path / "run")
    (folder / f"{PREFIX}abc.keras").write_bytes(b"half")
    (folder / f"{PREFIX}def").mkdir()
    (folder / f"{PREFIX}def" / "student.tflite").write_bytes(b"half")
    run = make_run(folder)
    run.control()
    assert "student_ce" not in run.context.reporter.worked
    assert not list(folder.glob(f"{PREFIX}*"))


def test_a_sample_whose_making_was_killed_leaves_nothing_after_the_next(tmp_path):
    script = (
        "import sys; from pathlib import Path\n"
        "from stressid_keras.dataset import SyntheticConfig, make_synthetic_tree\n"
        "config = SyntheticConfig(subjects=int(sys.argv[2]), tasks=3, seconds=1.0)\n"
        "make_synthetic_tree(sys.argv[1], config, lambda done, total: print(done, flush=True))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "sample")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([*command, "60"], stdout=subprocess.PIPE, env=environment, text=True)
    assert process.stdout.readline() == "1\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert [path.name.startswith(PREFIX) for path in tmp_path.iterdir()] == [True]
    subprocess.run([*command, "3"], env=environment, check=True, stdout=subprocess.DEVNULL)
    assert [path.name for path in tmp_path.iterdir()] == ["sample"]


def test_a_network_that_a_full_disk_has_no_room_for_is_named(small_disk):
    from stressid_keras.models import build_student

    student, path = (
        build_student(3, 16, StudentConfig(backbone="statistics")),
        small_disk(64) / "student.keras",
    )
    with (
        pytest.raises(OSError, match="No space left on device") as raised,
        atomic_path(path) as temporary,
    ):
        student.save(temporary)
    assert raised.value.filename == str(path)
    assert not list(path.parent.iterdir())

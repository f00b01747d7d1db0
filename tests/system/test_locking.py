"""A folder has one writer; what killed ones left is removed; a removed folder is a sentence."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from stressid_keras.errors import StaleError
from stressid_keras.provenance import atomic_path
from stressid_keras.system import locking
from stressid_keras.system.locking import RUN_LOCK, exclusive
from stressid_keras.system.temporary import PREFIX, clean_up, temporary_file, temporary_folder

ROOT = Path(__file__).resolve().parents[2]
WRITER = """
import subprocess, sys, time
from pathlib import Path
from stressid_keras.system.locking import exclusive, held_by_this_process
from stressid_keras.provenance import atomic_path
from stressid_keras.system.temporary import temporary_folder
folder = Path(sys.argv[1])
with exclusive(folder), temporary_folder(folder) as inner, atomic_path(folder / "model.keras") as file:
    (inner / "large").write_bytes(bytes(1000))
    if len(sys.argv) > 2:
        child = [sys.executable, "-c", f"import time; time.sleep({sys.argv[2]})"]
        subprocess.Popen(child, pass_fds=held_by_this_process())
    print("writing", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def writer():
    """writer(folder, *arguments) → a process that is writing in it; none outlives the test."""
    started = []

    def start(folder, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        started.append(process)
        assert process.stdout.readline() == "writing\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def leftovers(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(PREFIX)]


def test_what_a_killed_run_left_is_removed_by_the_next(writer, tmp_path):
    process = writer(tmp_path)
    assert len(leftovers(tmp_path)) == 2
    clean_up(tmp_path)
    assert len(leftovers(tmp_path)) == 2, "what is in use stays"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(leftovers(tmp_path)) == 2
    with exclusive(tmp_path):
        assert leftovers(tmp_path) == []
    assert not (tmp_path / "model.keras").exists()


def test_a_temporary_folder_removes_the_leftovers_beside_it(writer, tmp_path):
    process = writer(tmp_path)
    process.kill()
    process.wait()
    with temporary_folder(tmp_path) as folder:
        assert leftovers(tmp_path) == [folder.name]
    assert leftovers(tmp_path) == []


def test_files_of_others_are_left_alone(tmp_path):
    for name in (".sample-1", "tmp12", ".stressid", "model.keras"):
        (tmp_path / name).write_text("mine")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / f"{PREFIX}x").write_text("of another lock")
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "model.keras")
    before = sorted(path for path in tmp_path.rglob("*"))
    with exclusive(tmp_path):
        assert sorted(path for path in tmp_path.rglob("*") if path.name != ".lock") == before


def test_a_run_waits_until_the_other_has_ended(writer, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(locking, "PATIENCE_SECONDS", 0.1)
    process, entered = writer(tmp_path), threading.Event()

    def second():
        with exclusive(tmp_path):
            entered.set()

    thread = threading.Thread(target=second)
    thread.start()
    assert not entered.wait(0.5)
    process.kill()
    assert entered.wait(30)
    thread.join()
    assert f"{tmp_path} is being written by another run; waiting for it." in caplog.text


def test_a_wait_that_is_soon_over_is_not_spoken_of(writer, tmp_path, caplog):
    """Processes of one run that see whether a folder is current hold its lock for a moment each."""
    process, began = writer(tmp_path), time.monotonic()
    threading.Timer(0.3, process.kill).start()
    with exclusive(tmp_path):
        assert time.monotonic() - began > 0.2
    assert not caplog.text


def test_neither_is_that_of_a_thread(tmp_path, caplog):
    entered = threading.Event()

    def hold():
        with exclusive(tmp_path):
            entered.set()
            time.sleep(0.3)

    thread = threading.Thread(target=hold)
    thread.start()
    assert entered.wait(30)
    with exclusive(tmp_path):
        thread.join()
    assert not caplog.text


def test_a_process_that_a_killed_run_had_started_still_holds_the_folder(writer, tmp_path):
    process, began = writer(tmp_path, "3"), time.monotonic()
    process.kill()
    process.wait()
    with exclusive(tmp_path):
        assert time.monotonic() - began > 1


def test_threads_of_one_process_take_turns_and_a_holder_may_ask_again(tmp_path):
    inside, most = [], []

    def work():
        with exclusive(tmp_path), exclusive(tmp_path / ".." / tmp_path.name):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == [1] * 8


@pytest.mark.parametrize("error", [TypeError, FileNotFoundError, None])
@pytest.mark.parametrize("again", [False, True])
def test_a_folder_that_is_removed_meanwhile_is_one_sentence(tmp_path, error, again):
    folder = tmp_path / "run"

    def use():
        with exclusive(folder):
            shutil.rmtree(folder)
            if again:
                folder.mkdir()
            if error:
                raise error

    with pytest.raises(StaleError, match="run was removed or replaced while it was in use; run again"):
        use()
    with exclusive(folder):
        pass


def test_other_errors_stay_what_they_are(tmp_path):
    with pytest.raises(TypeError), exclusive(tmp_path):
        raise TypeError
    with pytest.raises(KeyboardInterrupt), exclusive(tmp_path):
        raise KeyboardInterrupt


def test_a_run_that_waited_in_a_folder_that_is_gone_takes_the_new_one(writer, tmp_path):
    folder = tmp_path / "run"
    process, found = writer(folder), []

    def second():
        with exclusive(folder):
            found.append((folder / ".lock").exists())

    thread = threading.Thread(target=second)
    thread.start()
    time.sleep(0.3)
    shutil.rmtree(folder)
    process.kill()
    thread.join(30)
    assert found == [True]


def test_temporaries_are_gone_after_success_and_after_an_error(tmp_path):
    for error in (None, RuntimeError):
        try:
            with temporary_file(tmp_path, ".csv") as file, temporary_folder(tmp_path) as folder:
                assert file.suffix == ".csv"
                (folder / "inner").mkdir()
                if error:
                    raise error
        except RuntimeError:
            pass
        assert list(tmp_path.iterdir()) == []
    with atomic_path(tmp_path / ("long" * 60 + ".json")) as temporary:
        temporary.write_text("{}")
    assert [path.name for path in tmp_path.iterdir()] == ["long" * 60 + ".json"]


def test_a_child_of_a_run_may_write_in_its_folder(tmp_path):
    """As a fold's, where the prepared folder is that of the results."""
    done = []

    def child():
        with exclusive(tmp_path):
            done.append(1)

    with exclusive(tmp_path, RUN_LOCK):
        thread = threading.Thread(target=child)
        thread.start()
        thread.join(10)
        assert done


def test_a_lock_leaves_no_trace(tmp_path):
    with exclusive(tmp_path / "new"), exclusive(tmp_path / "used"):
        (tmp_path / "used" / "file").write_text("kept")
        assert (tmp_path / "new" / ".lock").is_file()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "used"]


def test_a_folder_that_goes_while_it_is_made_is_made_again(tmp_path, monkeypatch):
    make, calls = Path.mkdir, []

    def mkdir(self, *arguments, **options):
        calls.append(self)
        if len(calls) == 1:  # another run's folder was there, and was removed before it was looked at
            raise FileExistsError(17, "File exists", str(self))
        make(self, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with exclusive(tmp_path / "run"):
        assert (tmp_path / "run").is_dir()
    assert calls[:2] == [tmp_path / "run"] * 2


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(FileExistsError), exclusive(tmp_path / "run"):
        pass


def test_many_processes_that_make_and_leave_a_folder_take_turns(tmp_path):
    script = (
        "import sys; from pathlib import Path; from stressid_keras.system.locking import exclusive\n"
        "for _ in range(50):\n"
        "    with exclusive(Path(sys.argv[1])) as _:\n"
        "        mark = Path(sys.argv[1], 'mark'); mark.touch(exist_ok=False); mark.unlink()"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "run")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    processes = [subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait(120) for process in processes] == [0, 0, 0]

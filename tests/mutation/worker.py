"""The process in which readers read damaged inputs: it may crash, hang or be killed."""

import os
import resource
import shutil
import traceback
import warnings
from pathlib import Path

MOST_MEMORY = 1 << 30  # bytes that reading one small input may add to the process
MOST_ADDRESS_SPACE = (
    6 << 30
)  # bytes beyond what the process has when it starts: more than this is never granted


def work(connection, corpus: str, sandbox: str) -> None:
    """Receive (reader, seed, number), send back its verdict; the input lies in the sandbox meanwhile."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with open(os.devnull, "w") as nowhere:  # libraries write of damage to the error stream
        os.dup2(nowhere.fileno(), 2)
    from .readers import PLANTED, READERS
    from .verdicts import Verdict

    open_readers = {}
    while (asked := connection.recv()) is not None:
        name, seed, number = asked
        if name not in open_readers:
            folder = Path(sandbox, name.replace(" ", "_").replace(",", ""))
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            try:
                open_readers[name] = (READERS | PLANTED)[name].open()(Path(corpus), folder)
            except Exception:
                connection.send(("broken", traceback.format_exc()))
                return
            _limit_address_space()
        reader = open_readers[name]
        try:
            original, content = reader.input(seed, number)
        except Exception:
            connection.send(("broken", traceback.format_exc()))
            return
        Path(sandbox, "input").write_bytes(content or b"")
        connection.send(("begun", original.name or original.path.name))
        before = _start_of_peak()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy keyword")
            warnings.filterwarnings("ignore", category=ResourceWarning)
            try:
                verdict = reader.judge(original, content)
            except Exception:  # of the judge itself
                verdict = Verdict("broken", traceback.format_exc())
        grown = _peak() - before
        if grown > MOST_MEMORY and verdict.kind != "burst":
            verdict = Verdict("burst", f"{grown / 2**30:.1f} GiB, then {verdict.kind} {verdict.detail}"[:160])
        connection.send(("done", tuple(verdict)))


def _limit_address_space() -> None:
    size = _status("VmSize")
    resource.setrlimit(resource.RLIMIT_AS, (size + MOST_ADDRESS_SPACE, resource.RLIM_INFINITY))


def _start_of_peak() -> int:
    """Resident bytes now; the peak is counted from here, where the system allows that."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return _peak()
    return _status("VmRSS")


def _peak() -> int:
    return _status("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _status(name: str) -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":")), 0)

"""Work in a process of its own, also from a worker of a cluster."""

import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

from stressid_keras.errors import StressIDError
from stressid_keras.system.locking import held_by_this_process
from stressid_keras.system.temporary import temporary_folder

KILLED = -9  # exit status after SIGKILL, a name that Windows lacks
# Not multiprocessing: the workers of a Dask cluster are daemons, which may have no children of that kind.
_CHILD = """
import pickle, sys
from stressid_keras.errors import StressIDError
from stressid_keras.system.quiet import quiet_libraries
quiet_libraries()
with open(sys.argv[1], "rb") as file:
    function, arguments = pickle.load(file)
try:
    outcome = True, function(*arguments)
except StressIDError as error:
    outcome = False, error
with open(sys.argv[2], "wb") as file:
    pickle.dump(outcome, file)
"""


def in_own_process(function, *arguments, environment=None, defaults=None):
    """The result of `function(*arguments)`, called in a fresh Python.

    TensorFlow's memory grows with every network that a process has built; that of a process that has ended does not.

    Args:
        function: importable by its name.
        arguments: that can be pickled, as the result.
        environment: variables that the process has besides this one's, such as another `KERAS_BACKEND`.
        defaults: variables that it has unless this one has them.

    Raises:
        StressIDError: raised by the function, or the process was killed, or ended with another error, whose
            traceback is on the standard error stream.
    """
    with temporary_folder() as folder:
        call, result = folder / "call", folder / "result"
        call.write_bytes(pickle.dumps((function, arguments)))
        path = os.pathsep.join(filter(None, sys.path))
        environment = {**(defaults or {}), **os.environ, "PYTHONPATH": path, **(environment or {})}
        child = [sys.executable, "-c", _CHILD, str(call), str(result)]
        # If this process is killed, the child goes on writing: the folders stay locked until it has ended.
        status = subprocess.run(child, env=environment, pass_fds=held_by_this_process()).returncode
        if status == KILLED:
            raise StressIDError(
                "A process was killed, perhaps for want of memory; run again with fewer jobs: "
                "what is finished is kept."
            )
        if status < 0:
            raise StressIDError(
                f"A process was ended by {_signal(-status)}; run again: what is finished is kept."
            )
        if status > 0:
            raise StressIDError(f"{function.__name__} failed in a process of its own; its error is above.")
        succeeded, value = _outcome(result, function)
    if not succeeded:
        raise value
    return value


def cores_of_one(jobs: int) -> int:
    """Cores for each of so many processes of this machine."""
    return max(1, (os.cpu_count() or 1) // jobs)


def beside_others(threads: int) -> dict[str, str]:
    """Variables, for `defaults`, with which a process leaves room for others.

    They are read by TensorFlow when it is first imported: threads of several processes would take each other's cores,
    and the first process a GPU's memory.
    """
    return {"TF_NUM_INTRAOP_THREADS": str(threads), "TF_FORCE_GPU_ALLOW_GROWTH": "true"}


def _signal(number: int) -> str:
    """The name of a signal, or its number where it has none, as those of real time."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"the signal {number}"


def _outcome(path: Path, function) -> tuple[bool, object]:
    """Whether the function ended well, and its result or its error; a process can end well without leaving one."""
    try:
        succeeded, value = pickle.loads(path.read_bytes())
        if not succeeded and not isinstance(value, StressIDError):
            raise TypeError(f"an error of the type {type(value).__name__}")
    except Exception as error:  # a damaged pickle raises whatever it leads to
        raise StressIDError(
            f"{function.__name__} left no result that can be read, in a process of its own "
            f"({type(error).__name__}: {error}); run again: what is finished is kept."
        ) from None
    return succeeded, value

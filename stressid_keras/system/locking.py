"""One run at a time in a folder."""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from stressid_keras.errors import StaleError
from stressid_keras.system.temporary import clean_up

try:
    import fcntl
except ImportError:  # not on Windows, where two runs at once are left to the user
    fcntl = None

LOCK = ".lock"  # of whoever writes files
RUN_LOCK = ".run.lock"  # of a whole run, whose child processes take the other
# Before it is said that another run is waited for: two processes of one run that see whether a folder is current meet
# for less, and to wait for that concerns nobody.
PATIENCE_SECONDS = 5.0
_POLL_SECONDS = 0.02

logger = logging.getLogger(__name__)


class _Lock:
    """The lock of one folder in this process, where the thread that holds it may take it again."""

    def __init__(self):
        self.thread = threading.RLock()
        self.depth = 0
        self.file = None


_LOCKS: dict[Path, _Lock] = {}
_GUARD = threading.Lock()


@contextlib.contextmanager
def exclusive(folder: Path, name: str = LOCK) -> Iterator[None]:
    """Hold the folder's lock; a second run waits for the first, and says so unless that is soon over. The system frees
    the lock of a killed run.

    The thread that holds it may take it again. What killed runs left in the folder, of temporaries, is removed first.

    Args:
        name: of the lock; locks of different names do not wait for one another.

    Raises:
        StaleError: the folder was removed or replaced meanwhile, whatever error came of that, or none.
        OSError: the folder cannot be made, or written.
    """
    folder = Path(folder)
    with _GUARD:
        lock = _LOCKS.setdefault(folder.resolve() / name, _Lock())
    if not lock.thread.acquire(timeout=PATIENCE_SECONDS):
        _say_that_it_waits(folder)
        lock.thread.acquire()
    try:
        if lock.depth:
            yield
            return
        with _locked_file(folder, name) as lock.file:
            lock.depth = 1
            try:
                clean_up(folder)
                with _refusing_removal(folder, lock.file):
                    yield
            finally:
                lock.depth, lock.file = 0, None
    finally:
        lock.thread.release()


def held_by_this_process() -> tuple[int, ...]:
    """Handles of the locks of this process; a process that is given them holds them as well, until it ends."""
    if fcntl is None:
        return ()
    with _GUARD:
        files = [lock.file for lock in _LOCKS.values()]
    return tuple(file.fileno() for file in files if file is not None and not file.closed)


@contextlib.contextmanager
def _locked_file(folder: Path, name: str) -> Iterator:
    """The file of a lock, while it is held; afterwards it is gone, and the folder, if it was made for it alone."""
    is_new = not folder.is_dir()
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            opened = open(folder.absolute() / name, "w")  # noqa: SIM115  closed below
        except FileNotFoundError:  # the run before us had made the folder, and removed it
            continue
        except FileExistsError:
            if folder.is_dir() or not os.path.lexists(folder):  # so it did while Python asked what is there
                continue
            raise
        with opened as file:
            _lock(file, folder)
            if not _is_there(file):  # the run that was waited for has removed it, or the folder
                continue
            try:
                yield file
            finally:
                with contextlib.suppress(OSError):
                    if _is_there(file):
                        os.unlink(file.name)
                    if is_new:
                        folder.rmdir()  # which it refuses unless it is empty
            return


def _lock(file, folder: Path) -> None:
    if fcntl is None:
        return
    try:
        if not _lock_soon(file):
            _say_that_it_waits(folder)
            fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        logger.warning(
            "%s cannot be locked (%s); see to it that no other run writes there.", folder, error.strerror
        )


def _lock_soon(file) -> bool:
    """Whether the lock could be had within `PATIENCE_SECONDS`; it is then held."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(_POLL_SECONDS)


def _say_that_it_waits(folder: Path) -> None:
    logger.warning("%s is being written by another run; waiting for it.", folder)


@contextlib.contextmanager
def _refusing_removal(folder: Path, file) -> Iterator[None]:
    """Turn whatever comes of a folder that is removed while it is used into a sentence that says so."""
    try:
        yield
    except Exception as error:
        if _is_there(file):
            raise
        raise _removed(folder) from error
    if not _is_there(file):
        raise _removed(folder)


def _removed(folder: Path) -> StaleError:
    return StaleError(f"{folder} was removed or replaced while it was in use; run again.")


def _is_there(file) -> bool:
    if fcntl is None:  # Windows removes no folder of an open file
        return True
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(file.name))
    except OSError:
        return False

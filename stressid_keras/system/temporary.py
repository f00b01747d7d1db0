"""Temporary files and folders that the next run recognises and removes if the run that made them was killed."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows, where leftovers stay
    fcntl = None

PREFIX = ".stressid-tmp-"


@contextlib.contextmanager
def temporary_file(folder: Path, suffix: str = "") -> Iterator[Path]:
    """Yield the path of an empty file of our own; whatever is there afterwards is removed."""

    def make() -> Path:
        handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=suffix, dir=folder)
        os.close(handle)
        return Path(name)

    with _in_use(make) as path:
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def temporary_folder(parent: Path | None = None) -> Iterator[Path]:
    """Yield an empty folder of our own, which is removed afterwards; by default among the system's temporary files.

    Leftovers of killed runs are removed there first.
    """
    parent = Path(tempfile.gettempdir() if parent is None else parent)
    clean_up(parent)
    with _in_use(lambda: Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))) as path:
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


def clean_up(folder: Path) -> None:
    """Remove from a folder, not from those in it, the temporaries that no process uses any more.

    One in use is locked by its process, and the system frees the lock of a killed one.
    """
    if fcntl is None:
        return
    with contextlib.suppress(OSError):
        for path in sorted(Path(folder).glob(f"{PREFIX}*")):
            with contextlib.suppress(OSError):
                handle = _locked(path)
                try:
                    if path.is_dir() and not path.is_symlink():
                        shutil.rmtree(path, ignore_errors=True)
                    else:
                        path.unlink()
                finally:
                    os.close(handle)


@contextlib.contextmanager
def _in_use(make) -> Iterator[Path]:
    """Yield what `make` makes, locked for as long as it is used."""
    if fcntl is None:
        yield make()
        return
    handle = None
    while handle is None:
        path = make()
        try:
            handle = _locked(path)
        except (
            FileNotFoundError,
            BlockingIOError,
        ):  # another run took it for a leftover before it was locked
            continue
        except OSError:  # a file system without locks, where leftovers stay
            break
        if not _is_at(handle, path):
            os.close(handle)
            handle = None
    try:
        yield path
    finally:
        if handle is not None:
            os.close(handle)


def _locked(path: Path) -> int:
    """An open handle of a file or folder that holds its lock.

    Raises:
        OSError: it is in use, not there, not ours, or its file system has no locks.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except OSError:
        return False

"""One run at a time in a folder."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows, where two runs at once are left to the user
    fcntl = None

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; a second run waits for the first. The system frees the lock of a killed run."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                logger.warning("%s is being written by another run; waiting for it.", folder)
                fcntl.flock(file, fcntl.LOCK_EX)
        yield

"""What tells that a file was touched, without reading it."""

from pathlib import Path


def file_stamp(path: Path) -> tuple[int, ...]:
    """Size, modification and change time in nanoseconds; empty if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns

"""The bytes of a prepared folder's arrays, each read with its checksum, and which files were found whole.

A checksum is CRC-32 (four bytes, 1.3 GiB/s on one core of a server): it finds any damage; it is no protection against
somebody who means to deceive. Reading all arrays at every start would take minutes on a slow disk, so a file that was
once found whole is not read again as long as its size, its times and its place on the disk are the same.
"""

import contextlib
import math
import os
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from stressid_keras.errors import StaleError
from stressid_keras.provenance import read_sealed, write_sealed

CHECKED = ".checked.json"  # which arrays of the folder were found whole; a cache, no part of the store


def array_file(folder: Path, modality: str) -> Path:
    return folder / "arrays" / f"{modality}.bin"


def checksum(array: np.ndarray) -> str:
    """Eight hexadecimal digits, of an array's bytes."""
    return f"{zlib.crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8)):08x}"


def read_array(file: Path, offset: int, shape, dtype: np.dtype, expected: str = "") -> np.ndarray:
    """An array of a file of arrays.

    The file is opened for each reading: a mapped one would end the process if somebody cut it short.

    Args:
        offset: bytes before it.
        expected: its checksum; empty: not looked at.

    Raises:
        StaleError: the file cannot be read, is too short, or holds other bytes than were written; the next preparation
            then looks at every array.
    """
    content = np.empty(math.prod(shape) * dtype.itemsize, np.uint8)
    try:
        with open(file, "rb", buffering=0) as opened:
            opened.seek(offset)
            got = 0
            while got < content.size and (more := opened.readinto(memoryview(content)[got:])):
                got += more
    except OSError as error:
        raise _damaged(file, f"cannot be read ({error.strerror or error})") from None
    if got < content.size:
        raise _damaged(file, f"ends at byte {offset + got}; expected {offset + content.size} or more")
    if expected and checksum(content) != expected:
        raise _damaged(file, f"holds other bytes from {offset} to {offset + content.size} than were written")
    return content.view(dtype).reshape(shape)


def found_whole(folder: Path, modalities: Iterable[str]) -> set[str]:
    """The modalities whose file was found whole and has not been touched since."""
    checked = read_sealed(folder / CHECKED) or {}
    return {
        modality
        for modality in modalities
        if modality in checked and checked[modality] == _stamp(array_file(folder, modality))
    }


def remember_whole(folder: Path, modalities: Iterable[str]) -> None:
    """Remember these modalities, and no others, as found whole."""
    write_sealed(
        folder / CHECKED, {modality: _stamp(array_file(folder, modality)) for modality in modalities}
    )


def _damaged(file: Path, what: str) -> StaleError:
    with contextlib.suppress(OSError):
        (file.parent.parent / CHECKED).unlink(missing_ok=True)
    return StaleError(f"{file} {what}; run the preparation again.")


def _stamp(file: Path) -> list[int]:
    try:
        status = os.stat(file)
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]

"""The bytes of a prepared folder's arrays, each read with its checksum, and which files were found whole.

A checksum is CRC-32 (four bytes, 1.3 GiB/s on one core of a server): it finds any damage; it is no protection against
somebody who means to deceive. Reading all arrays at every start would take minutes on a slow disk, so a file that was
once found whole is not read again as long as its size, its times and its place on the disk are the same.
"""

import contextlib
import math
import os
import threading
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


class ArrayFile:
    """A file of arrays, open for reading; any thread may read.

    It stays open: whoever reads goes on with the file that was opened, should a preparation replace it meanwhile. It
    is not mapped, for then the process would end if somebody cut the file short.

    Raises, also when read:
        StaleError: the file cannot be read, is too short, or holds other bytes than were written; the next preparation
            then looks at every array.
    """

    def __init__(self, path: Path):
        self.path, self._handle, self._turn = path, None, threading.Lock()
        try:
            self._handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise self._damaged(f"cannot be read ({error.strerror or error})") from None

    def read(self, offset: int, shape, dtype: np.dtype, expected: str = "") -> np.ndarray:
        """An array.

        Args:
            offset: bytes before it.
            expected: its checksum; empty: not looked at.
        """
        content = np.empty(math.prod(shape) * dtype.itemsize, np.uint8)
        try:
            got = self._fill(memoryview(content), offset)
        except OSError as error:
            raise self._damaged(f"cannot be read ({error.strerror or error})") from None
        if got < content.size:
            raise self._damaged(f"ends at byte {offset + got}; expected {offset + content.size} or more")
        if expected and checksum(content) != expected:
            raise self._damaged(
                f"holds other bytes from {offset} to {offset + content.size} than were written"
            )
        return content.view(dtype).reshape(shape)

    def _fill(self, content: memoryview, offset: int) -> int:
        """Bytes that could be read."""
        got = 0
        while got < len(content):
            if hasattr(os, "preadv"):
                more = os.preadv(self._handle, [content[got:]], offset + got)
            else:  # Windows, where a file has one position for all threads
                with self._turn:
                    os.lseek(self._handle, offset + got, os.SEEK_SET)
                    block = os.read(self._handle, len(content) - got)
                more = len(block)
                content[got : got + more] = block
            if not more:
                break
            got += more
        return got

    def _damaged(self, what: str) -> StaleError:
        with contextlib.suppress(OSError):
            (self.path.parent.parent / CHECKED).unlink(missing_ok=True)
        return StaleError(f"{self.path} {what}; run the preparation again.")

    def __del__(self):
        if self._handle is not None:
            os.close(self._handle)


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


def _stamp(file: Path) -> list[int]:
    try:
        status = os.stat(file)
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]

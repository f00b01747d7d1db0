"""Bytes of a file at any place, and pieces of it put together as another file, without a copy in memory."""

import io
from collections.abc import Sequence

BLOCK = 1 << 16  # bytes that are read at once

Piece = bytes | tuple[int, int]  # new bytes, or the file's from the first place up to the second


class FileBytes:
    """An open binary file as one long row of bytes.

    Attributes:
        size: in bytes.
    """

    def __init__(self, file):
        self._file = file
        self.size = file.seek(0, io.SEEK_END)
        self._start, self._block = 0, b""

    def at(self, start: int, count: int) -> bytes:
        """`count` bytes from `start` on; fewer where the file ends before."""
        if count > BLOCK:
            self._file.seek(start)
            return self._file.read(count)
        self._hold(start, count)
        return self._block[start - self._start : start - self._start + count]

    def find(self, pattern: bytes, start: int, stop: int) -> int:
        """The first place in [start, stop) where the pattern begins; -1 if there is none."""
        while start < stop:
            self._hold(start, len(pattern))
            found = self._block.find(pattern, start - self._start) + self._start
            if found >= start:
                return found if found < stop else -1
            start = max(start + 1, self._start + len(self._block) - len(pattern) + 1)
        return -1

    def _hold(self, start: int, count: int) -> None:
        """Have these bytes in the block, as far as there are."""
        end = self._start + len(self._block)
        if start < self._start or min(start + count, self.size) > end:
            self._file.seek(start)
            self._start, self._block = start, self._file.read(BLOCK)


class Splice(io.RawIOBase):
    """Pieces of a file and new bytes, one behind the other, to be read like a file.

    Libraries in C call it, which drop what is raised meanwhile and take it for the end of the file: whoever called them
    has to ask `raise_failure` afterwards, or an interruption and a disk that fails would be a shorter recording.
    """

    def __init__(self, source: FileBytes, pieces: Sequence[Piece]):
        super().__init__()
        self._source, self._position, self._failure = source, 0, None
        self._pieces = [piece for piece in pieces if _length(piece)]
        self._ends = []
        for piece in self._pieces:
            self._ends.append((self._ends[-1] if self._ends else 0) + _length(piece))
        self._current = 0  # the piece that was read last; reading goes forward as a rule

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        size = self._ends[-1] if self._ends else 0
        self._position = max(0, offset + (0, self._position, size)[whence])
        return self._position

    def raise_failure(self) -> None:
        """Raise what went wrong in reading, if anything did."""
        if self._failure is not None:
            raise self._failure

    def readinto(self, buffer) -> int:
        try:
            return 0 if self._failure else self._fill(buffer)
        except BaseException as error:
            self._failure = error
            return 0

    def _fill(self, buffer) -> int:
        view, filled = memoryview(buffer).cast("B"), 0
        while filled < len(view) and self._find():
            piece, end = self._pieces[self._current], self._ends[self._current]
            offset = self._position - (end - _length(piece))
            count = min(len(view) - filled, end - self._position)
            if isinstance(piece, bytes):
                content = piece[offset : offset + count]
            else:
                content = self._source.at(piece[0] + offset, count)
            if not content:  # the file has become shorter meanwhile
                break
            view[filled : filled + len(content)] = content
            filled += len(content)
            self._position += len(content)
        return filled

    def _find(self) -> bool:
        """Make the piece at the position the current one; False behind the last."""
        if not self._ends or self._position >= self._ends[-1]:
            return False
        if self._current and self._position < self._ends[self._current - 1]:
            self._current = 0
        while self._position >= self._ends[self._current]:
            self._current += 1
        return True


def _length(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece[1] - piece[0]

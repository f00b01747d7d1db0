"""Elements of Matroska and WebM files: whether those that stand in a file are all there.

Sources: RFC 8794 (EBML) and RFC 9559 (Matroska).
"""

from typing import BinaryIO

HEADER, SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
MOST_ELEMENTS = 1_000_000  # of a segment; a recorder writes a cluster for every some seconds


def promised_bytes(file: BinaryIO, total: int) -> int:
    """Where the last element of an open file ends by its own size, at most one behind the file's end.

    Recorders that write as they hear, such as browsers, leave out the size of the segment, and often that of its
    clusters: of those nothing is promised.
    """
    position, stop = 0, total
    for _ in range(MOST_ELEMENTS):
        if position >= stop:
            break
        name, start, size = _element(file, position)
        if not name or (size is None and name != SEGMENT):
            break
        if name == SEGMENT:
            stop = total if size is None else start + size
            position = start  # what is inside follows
        else:
            position = start + size
        if max(position, stop) > total:
            return max(position, stop)
    return position


def _element(file: BinaryIO, position: int) -> tuple[bytes, int, int | None]:
    """Name, first byte of the content, and size: None if it is unknown. An empty name: no element begins here."""
    file.seek(position)
    head = file.read(12)
    width = _width(head[:1], most=4)
    name, rest = head[:width], head[width:]
    length = _width(rest[:1], most=8)
    if not width or not length or len(rest) < length:
        return b"", position, None
    bits = 7 * length
    value = int.from_bytes(rest[:length], "big") & ((1 << bits) - 1)
    return name, position + width + length, None if value == (1 << bits) - 1 else value


def _width(first: bytes, most: int) -> int:
    """Bytes of a number, by the zeros that its first one begins with; 0 if it is none."""
    width = 9 - first[0].bit_length() if first else 0
    return width if 1 <= width <= most else 0

"""Whether AIFF, Wave64, CAF, AU and NIST files hold the sound that they promise, and where joined ones part.

Sources: AIFF 1.3 and AIFF-C, Apple, 1989 and 1991; Wave64, Sony Pictures Digital, 2003; Core Audio Format, Apple, 2006;
AU, NeXT; SPHERE, NIST.
"""

import re
from collections.abc import Iterator

from stressid_keras.errors import RecordingError
from stressid_keras.media.sound.chunks import (
    MOST_CHUNKS,
    after_chunks,
    chunks,
    is_chain,
    is_unknown,
    truncated,
)
from stressid_keras.media.sound.splice import FileBytes, Piece

W64_FILE = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
MOST_FILL = 8  # bytes between a file and the next, for writers align them in their own ways
_UNKNOWN_64 = 1 << 54  # sizes of 64 bits from here on mean that the encoder could not know


def pcm_parts(source: FileBytes, name: str) -> tuple[str, list[list[Piece]]] | None:
    """libsndfile's name of the container, and the pieces of each file that stands in the file; None for another one.

    A length that an encoder could not know is filled in, for libsndfile does not always read on without it.

    Raises:
        RecordingError: truncated, or without a part for samples.
    """
    kind, find = _container(source, 0)
    if kind is None:
        return None
    parts, at = [], 0
    while at is not None:
        size_place, size, start, stop, next_file = find(source, at, name)
        filled = [(at, size_place), size, (size_place + len(size), max(stop, next_file))]
        parts.append(filled if size else [(at, max(stop, next_file))])
        places = range(max(next_file, start), max(next_file, start) + MOST_FILL)
        at = next((place for place in places if _container(source, place)[0] == kind), None)
    return kind, parts


def _container(source: FileBytes, at: int):
    head = source.at(at, 16)
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "AIFF", _aiff
    if head == W64_FILE:
        return "W64", _w64
    if head[:4] == b"caff":
        return "CAF", _caf
    if head[:4] in (b".snd", b"dns."):
        return "AU", _au
    if head[:8] == b"NIST_1A\n":
        return "NIST", _nist
    return None, None


# Each returns: place and new bytes of the size (empty: it is right), start and stop of the sound, the next file.


def _aiff(source: FileBytes, at: int, name: str):
    for chunk, start, size in chunks(source, at + 12, "big"):
        if chunk != b"SSND":
            continue
        there = source.size - start
        if (is_unknown(size) and size > there) or (size == 0 < there and not is_chain(source, start, "big")):
            return start - 4, there.to_bytes(4, "big"), start, source.size, source.size
        if size > there:
            raise truncated(name, size, there)
        return 0, b"", start, start + size, after_chunks(source, start + size + size % 2, "big")
    raise RecordingError(f"{name} holds no samples; expected a recording.")


def _w64(source: FileBytes, at: int, name: str):
    place = at + 40
    for _ in range(MOST_CHUNKS):
        head = source.at(place, 24)
        size = int.from_bytes(head[16:], "little")
        if len(head) < 24 or size < 24:
            break
        if head[:16] == W64_DATA:
            there = source.size - place
            if size >= _UNKNOWN_64:
                return place + 16, there.to_bytes(8, "little"), place, source.size, source.size
            if size > there:
                raise truncated(name, size, there)
            after = place + size + -size % 8
            joined = after if source.at(after, 16) == W64_FILE else source.size
            return 0, b"", place, place + size, joined
        place += size + -size % 8
    raise RecordingError(f"{name} holds no samples; expected a recording.")


def _caf(source: FileBytes, at: int, name: str):
    for chunk, start, size in _caf_chunks(source, at + 8):
        if chunk != b"data":
            continue
        there = source.size - start
        if size >= _UNKNOWN_64:
            return start - 8, there.to_bytes(8, "big"), start, source.size, source.size
        if size > there:
            raise truncated(name, size, there)
        after = start + size
        for _, behind, more in _caf_chunks(source, after):
            after = behind + more
        if after > source.size:  # tables of compressed packets, without which nothing can be read
            raise truncated(name, after - at, source.size - at)
        return 0, b"", start, start + size, after
    raise RecordingError(f"{name} holds no samples; expected a recording.")


def _caf_chunks(source: FileBytes, at: int) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(MOST_CHUNKS):
        head = source.at(at, 12)
        if len(head) < 12 or head[:4] == b"caff" or not all(0x20 <= letter < 0x7F for letter in head[:4]):
            return
        size = int.from_bytes(head[4:], "big")
        yield head[:4], at + 12, size
        at += 12 + size


def _au(source: FileBytes, at: int, name: str):
    head = source.at(at, 16)
    order = "big" if head[:1] == b"." else "little"
    offset, size = int.from_bytes(head[4:8], order), int.from_bytes(head[8:12], order)
    start = at + offset
    there = max(0, source.size - start)
    if (is_unknown(size) and size > there) or size == 0 < there:
        return at + 8, there.to_bytes(4, order), start, source.size, source.size
    if size > there:
        raise truncated(name, size, there)
    return 0, b"", start, start + size, start + size


def _nist(source: FileBytes, at: int, name: str):
    header = source.at(at, 1024)
    sizes = re.findall(rb"^(?:sample_count|sample_n_bytes|channel_count) -i (\d{1,15})", header, re.MULTILINE)
    start = at + int(header[8:16].strip() or b"0") if header[8:16].strip().isdigit() else at + 1024
    there = max(0, source.size - start)
    promised = 0
    if len(sizes) == 3:
        promised = int(sizes[0]) * int(sizes[1]) * int(sizes[2])
    if promised > there:
        raise truncated(name, promised, there)
    stop = start + promised if promised else source.size
    return 0, b"", start, stop, stop

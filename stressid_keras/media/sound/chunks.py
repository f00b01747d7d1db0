"""Containers of chunks: an identifier of four letters, a size, content, a padding byte behind an odd size."""

from collections.abc import Iterator
from itertools import islice

from stressid_keras.errors import RecordingError
from stressid_keras.media.sound.splice import BLOCK, FileBytes

MOST_CHUNKS = 10_000  # of a file; more are no metadata
FILES = (b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM")  # begin another file, not a chunk of this one
METADATA = frozenset(  # chunks that no sound begins like by chance
    b"LIST id3 ID3 bext iXML _PMX fact cue smpl inst plst PEAK JUNK junk PAD FLLR axml chna cart umid DISP acid strc"
    b" afsp minf elm1 regn NAME AUTH ANNO COMT MARK INST APPL".split()
)


def truncated(name: str, promised: int, there: int, unit: str = "bytes") -> RecordingError:
    """The error for a file that holds less than it says."""
    return RecordingError(f"{name} is truncated: its header promises {promised} {unit}, {there} are there.")


def is_unknown(size: int) -> bool:
    """Whether a size of 32 bits is what encoders write that cannot know it: 2³¹ or 2³², give or take a header."""
    return 0x7FFFF000 <= size < 0x80001000 or size >= 0xFFFFE000


def chunks(source: FileBytes, at: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Identifier, first byte of the content and promised size of each chunk from `at` on.

    Ends at what is no chunk: another file behind this one, fill, the end. The last may promise more than is there.
    """
    return islice(_chunks(source, at, order), MOST_CHUNKS)


def after_chunks(source: FileBytes, at: int, order: str) -> int:
    """Where the chunks end that begin at `at`."""
    for _, start, size in chunks(source, at, order):
        at = start + size + size % 2
    return at


def is_chain(source: FileBytes, at: int, order: str) -> bool:
    """Whether chunks follow from `at` to the file's end, rather than sound; zeros may fill up the end."""
    if source.at(at, 4).strip() in METADATA:
        return True
    at = after_chunks(source, at, order)
    rest = source.at(at, BLOCK)
    return at <= source.size + 1 and not any(rest) and at + len(rest) >= source.size


def _chunks(source: FileBytes, at: int, order: str):
    while len(head := source.at(at, 8)) == 8 and head[:4] not in FILES and _is_name(head[:4]):
        size = int.from_bytes(head[4:], order)
        yield head[:4], at + 8, size
        at += 8 + size + size % 2


def _is_name(name: bytes) -> bool:
    return all(0x20 <= letter < 0x7F for letter in name)

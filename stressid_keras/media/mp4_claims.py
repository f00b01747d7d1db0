"""How many samples the tables of an MP4 claim to list: FFmpeg makes room for all of them before it reads any."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from stressid_keras.config import MAX_FILM_FRAMES
from stressid_keras.errors import RecordingError

CONTAINERS = (
    b"moov",
    b"trak",
    b"mdia",
    b"minf",
    b"stbl",
    b"moof",
    b"traf",
)  # boxes that hold those looked for
MAX_BOXES = 1_000_000  # a film in fragments has some five boxes each


@dataclass(frozen=True)
class _Box:
    name: bytes
    start: int  # of its content
    stop: int


def check_claims(path: Path) -> None:
    """Refuse an MP4 whose tables claim more samples than a film has, or than the file can hold.

    Other formats pass. Sound that is stored sample by sample is no table and passes as well.

    Raises:
        RecordingError: a claim is out of bounds, or the tables are compressed.
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        total = file.seek(0, 2)
        for number, box in enumerate(_boxes(file, 0, total)):
            if number > MAX_BOXES:
                raise RecordingError(f"{path.name} has over {MAX_BOXES:,} boxes; expected an MP4 of fewer.")
            if box.name == b"cmov":
                raise RecordingError(
                    f"{path.name} has a compressed header; expected a plain MP4: re-encode it."
                )
            claimed = _claimed(file, box)
            if claimed > MAX_FILM_FRAMES and not (box.name == b"stsz" and _holds(file, box, claimed, total)):
                raise RecordingError(
                    f"{path.name} claims {claimed:,} frames in one table; expected at most {MAX_FILM_FRAMES:,}."
                )


def _claimed(file: BinaryIO, box: _Box) -> int:
    """Samples that a table claims. Source: ISO/IEC 14496-12, 8.6.1, 8.7.3, 8.8.8."""
    if box.name in (b"stts", b"ctts"):
        return _number(file, box.start + 4)  # entries; each may stand for many samples, which stsz counts
    if box.name in (b"stsz", b"stz2"):
        return _number(file, box.start + 8)
    return _number(file, box.start + 4) if box.name == b"trun" else 0


def _holds(file: BinaryIO, box: _Box, claimed: int, total: int) -> bool:
    """Whether samples are of one small size, as those of plain sound, and the file is long enough for them."""
    size = _number(file, box.start + 4)
    return 0 < size <= 64 and claimed * size <= total


def _boxes(file: BinaryIO, start: int, stop: int) -> Iterator[_Box]:
    """The boxes between two places of the file and those inside them, in their order."""
    places = [(start, stop)]
    while places:
        position, stop = places.pop()
        if position + 8 > stop:
            continue
        file.seek(position)
        head = file.read(16)
        size, name, inner = int.from_bytes(head[:4], "big"), head[4:8], 8
        if size == 1:
            size, inner = int.from_bytes(head[8:16], "big"), 16
        size = size or stop - position  # the last box may leave its size out
        if size < inner:
            continue
        end = min(position + size, stop)
        yield _Box(name, position + inner, end)
        places.append((end, stop))
        if name in CONTAINERS:
            places.append((position + inner, end))


def _number(file: BinaryIO, position: int) -> int:
    file.seek(position)
    return int.from_bytes(file.read(4), "big")

"""Frames of FLAC files: how many samples there are, whatever the header says, and where joined files part.

Source: RFC 9639.
"""

from stressid_keras.errors import RecordingError
from stressid_keras.media.sound.chunks import truncated
from stressid_keras.media.sound.splice import FileBytes, Piece

START = b"fLaC\x00\x00\x00\x22"  # and the stream's description, always the first block; or with 0x80 if the only one
_SIZES = (
    0,
    192,
    576,
    1152,
    2304,
    4608,
    0,
    0,
    *(256 << power for power in range(8)),
)  # samples, by their code


def is_flac(source: FileBytes, at: int) -> bool:
    head = source.at(at, 8)
    return head[:4] == START[:4] and head[4] & 0x7F == 0 and head[5:] == START[5:]


def flac_parts(source: FileBytes, at: int, name: str) -> list[list[Piece]]:
    """The pieces of each file that stands in the file, with the number of samples filled in if it was not known.

    Raises:
        RecordingError: truncated, or frames are missing.
    """
    parts = []
    while at < source.size and is_flac(source, at):
        frames = _after_metadata(source, at)
        stop = _next_file(source, frames)
        described = source.at(at + 8, 34)
        packed = int.from_bytes(described[10:18], "big")  # rate 20 bits, channels 3, depth 5, samples 36
        promised = packed & ((1 << 36) - 1)
        longest = int.from_bytes(described[7:10], "big") or _longest(described, packed)
        found, last = _count_samples(source, frames, stop, longest)
        if promised > found:
            raise truncated(name, promised, found, "samples")
        if last is None and promised != found:
            raise RecordingError(
                f"{name} is damaged: FLAC frames are missing from it; expected a whole recording."
            )
        number = (packed - promised + found).to_bytes(8, "big")
        parts.append([(at, at + 18), number, (at + 26, stop)])
        at = stop
    return parts


def _after_metadata(source: FileBytes, at: int) -> int:
    at += 4
    while len(head := source.at(at, 4)) == 4:
        at += 4 + int.from_bytes(head[1:], "big")
        if head[0] & 0x80:
            break
    return at


def _next_file(source: FileBytes, at: int) -> int:
    while at < source.size:
        found = source.find(START[:4], at, source.size)
        if found < 0:
            break
        if is_flac(source, found):
            return found
        at = found + 1
    return source.size


def _longest(described: bytes, packed: int) -> int:
    """Bytes that a frame can have at most: the samples as they are, and some."""
    samples, channels = int.from_bytes(described[2:4], "big"), (packed >> 41 & 7) + 1
    return samples * channels * ((packed >> 36 & 31) + 2) // 8 + 64


def _count_samples(source: FileBytes, at: int, stop: int, longest: int) -> tuple[int, int | None]:
    """Samples of all frames that follow each other, and where the last begins: None if something else follows it."""
    sync = source.at(at, 2)
    if sync not in (b"\xff\xf8", b"\xff\xf9"):
        return 0, None if stop > at else at
    counts_samples, expected, total, last = sync == b"\xff\xf9", None, 0, at
    while (at := source.find(sync, at, stop)) >= 0:
        number, size, length = _frame(source.at(at, 16))
        if length and (expected is None or number == expected):
            expected = number + (size if counts_samples else 1)
            total += size
            last, at = at, at + length
        else:
            at += 1
    return total, last if stop - last <= longest + 2048 else None  # tags may stand at the end


def _frame(head: bytes) -> tuple[int, int, int]:
    """A frame's number, its samples, and the length of its header: 0 if it is none."""
    if len(head) < 6 or head[3] & 1 or head[2] >> 4 == 0 or head[2] & 15 == 15:
        return 0, 0, 0
    number, at = _coded_number(head)
    code = head[2] >> 4
    if code in (6, 7):
        width = code - 5
        size = int.from_bytes(head[at : at + width], "big") + 1
        at += width
    else:
        size = _SIZES[code]
    at += {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    return (number, size, at + 1) if len(head) > at and _crc8(head[:at]) == head[at] else (0, 0, 0)


def _coded_number(head: bytes) -> tuple[int, int]:
    """As UTF-8 codes letters, up to seven bytes; and where it ends."""
    first, more = head[4], 0
    while first << more & 0x80:
        more += 1
    value = first & (0x7F >> more)
    for byte in head[5 : 4 + more]:
        value = value << 6 | byte & 0x3F
    return value, 4 + max(1, more)


def _crc8(content: bytes) -> int:
    value = 0
    for byte in content:
        value = _CRC8[value ^ byte]
    return value


def _crc8_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value << 1 ^ (0x107 if value & 0x80 else 0)
        table.append(value)
    return table


_CRC8 = _crc8_table()

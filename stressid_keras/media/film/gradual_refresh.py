"""Keyframes of H.264 from which a picture is whole only some frames later: decoding must not begin at them.

Cameras that refresh a picture strip by strip mark the frame where a round begins as one to start from, and until the
round is complete the rest of the picture is what the decoder had before: grey. Source: ITU-T H.264, D.2.8 and B.1.
"""

from collections.abc import Iterator

SLICE_IDR, SEI, RECOVERY_POINT = 5, 6, 6  # of NAL units, and of the messages in them


def refreshes_gradually(packet: bytes, extradata: bytes | None) -> bool:
    """Whether an H.264 keyframe says that frames after it are needed before the picture is whole.

    Args:
        extradata: of the stream; tells how its units are delimited.
    """
    for unit in _units(packet, extradata):
        kind = unit[0] & 31
        if kind == SLICE_IDR:
            return False
        if kind == SEI:
            for message, content in _messages(unit[1:].replace(b"\0\0\3", b"\0\0")):
                if message == RECOVERY_POINT and content:
                    return not content[0] & 0x80  # an Exp-Golomb number: a first bit of 1 is a count of none
    return False


def _units(packet: bytes, extradata: bytes | None) -> Iterator[bytes]:
    """NAL units, each behind its length (MP4) or behind a start code (transport streams)."""
    if not extradata or extradata[0] != 1 or len(extradata) < 5:
        yield from (unit for unit in packet.split(b"\0\0\1") if unit)
        return
    width, position = (extradata[4] & 3) + 1, 0
    while position + width < len(packet):
        size = int.from_bytes(packet[position : position + width], "big")
        unit = packet[position + width : position + width + size]
        if unit:
            yield unit
        position += width + size


def _messages(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and content of the supplemental messages in a unit; numbers are sums of bytes up to one below 255."""
    position = 0
    while position + 2 < len(content):
        numbers = []
        for _ in range(2):
            number = 0
            while position < len(content) and content[position] == 255:
                number, position = number + 255, position + 1
            if position >= len(content):
                return
            numbers.append(number + content[position])
            position += 1
        kind, size = numbers
        yield kind, content[position : position + size]
        position += size

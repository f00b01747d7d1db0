"""Frames of MP3 files (MPEG audio of any layer): how many there are, whatever a header says, and where joined
ones part.

libsndfile believes the count in the first frame, or estimates one from the first frame's size, which is wrong for a
bitrate that varies. Sources: ISO/IEC 11172-3 and 13818-3; the Xing, LAME and VBRI headers.
"""

from dataclasses import dataclass, field

from stressid_keras.media.sound.chunks import truncated
from stressid_keras.media.sound.splice import FileBytes, Piece

_KBITS = {  # by version 1 or not, and layer
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {
    3: (44_100, 48_000, 32_000),
    2: (22_050, 24_000, 16_000),
    0: (11_025, 12_000, 8_000),
}  # Hz, by version
_CHAIN = 3  # frames behind each other before other bytes are taken for sound
_SEARCHED = 1 << 20  # bytes in which the first frame must be


@dataclass(frozen=True)
class Frame:
    """What four bytes say of a frame."""

    head: bytes
    version: int
    layer: int
    rate: int
    length: int  # bytes
    samples: int

    @property
    def kind(self) -> tuple:
        """What all frames of a stream share."""
        return self.version, self.layer, self.rate, self.head[3] >> 6 == 3

    @property
    def side(self) -> int:
        """Bytes between the head and what Xing's header takes the place of."""
        is_mono = self.head[3] >> 6 == 3
        return (17 if is_mono else 32) if self.version == 3 else (9 if is_mono else 17)


@dataclass
class _Part:
    first: Frame
    head: bytes = b""  # a frame that only counts the others
    promised: int = 0  # frames, by that; 0: unknown
    count: int = 0
    spans: list = field(default_factory=list)


def find_mpeg(source: FileBytes, at: int) -> int | None:
    """Where the first of some frames is that follow each other; None if there is none, and this is no MP3."""
    stop = min(source.size, at + _SEARCHED)
    while 0 <= at < stop:
        if _is_chain(source, at, source.size):
            return at
        at = source.find(b"\xff", at + 1, stop)
    return None


def mpeg_parts(source: FileBytes, start: int, stop: int, name: str) -> list[list[Piece]]:
    """The pieces of each stream in [start, stop): its frames alone, without tags, behind a count of them.

    Raises:
        RecordingError: truncated: fewer frames than a header counts, or a last one that is not whole.
    """
    parts, at, cut = [], start, None
    while at < stop - 4:
        frame = _frame(source.at(at, 4))
        goes_on = frame and parts and parts[-1].first.kind == frame.kind and parts[-1].spans[-1][1] == at
        if not goes_on and not _is_chain(source, at, stop):
            at = _skip(source, at, stop)
            continue
        if at + frame.length > stop:
            cut = truncated(name, frame.length, stop - at, "bytes of its last frame")
            break
        _append(parts, frame, source, at)
        at += frame.length
    for part in parts:
        if part.promised > part.count + 1:  # some count themselves
            raise truncated(name, part.promised, part.count, "frames")
    if cut:
        raise cut
    return [_pieces(part) for part in parts if part.count]


def _append(parts: list[_Part], frame: Frame, source: FileBytes, at: int) -> None:
    promised = _promised(source, frame, at)
    if not parts or parts[-1].first.kind != frame.kind or promised is not None:
        parts.append(_Part(frame, spans=[(at, at)]))
    part = parts[-1]
    if promised is not None:
        part.head, part.promised = source.at(at, frame.length), promised
        part.spans = [(at + frame.length, at + frame.length)]
        return
    first, last = part.spans[-1]
    if last == at:
        part.spans[-1] = (first, at + frame.length)
    else:
        part.spans.append((at, at + frame.length))
    part.count += 1


def _promised(source: FileBytes, frame: Frame, at: int) -> int | None:
    """The frames that a frame counts, 0 if it does not know; None of a frame of sound."""
    if frame.layer != 3:
        return None
    place = at + 4 + frame.side
    if source.at(place, 4) in (b"Xing", b"Info"):
        flags = int.from_bytes(source.at(place + 4, 4), "big")
        return int.from_bytes(source.at(place + 8, 4), "big") if flags & 1 else 0
    if source.at(at + 36, 4) == b"VBRI":
        return int.from_bytes(source.at(at + 36 + 14, 4), "big")
    return None


def _pieces(part: _Part) -> list[Piece]:
    size = sum(stop - start for start, stop in part.spans)
    head = part.head
    place = 4 + part.first.side
    if head[place : place + 4] in (b"Xing", b"Info") and head[place + 7] & 1:
        flags = head[place + 7] & 2
        counts = part.count.to_bytes(4, "big") + ((len(head) + size).to_bytes(4, "big") if flags else b"")
        # Zeros before it: libsndfile takes a header behind anything else for sound, and estimates the length.
        head = (
            head[:4] + bytes(place - 4) + head[place : place + 8] + counts + head[place + 8 + len(counts) :]
        )
    elif part.first.layer == 3:
        head = _count_frame(part.first, part.count, size)
    else:
        head = b""
    return [head, *part.spans]


def _count_frame(like: Frame, count: int, size: int) -> bytes:
    """A frame that counts the others, and knows of no delay of an encoder."""
    for code in range(1, 15):
        head = bytes([0xFF, like.head[1] | 1, code << 4 | like.head[2] & 0x0C, like.head[3]])
        frame = _frame(head)
        if frame.length >= 192:
            break
    counts = count.to_bytes(4, "big") + (frame.length + size).to_bytes(4, "big")
    return (head + bytes(frame.side) + b"Info\x00\x00\x00\x03" + counts).ljust(frame.length, b"\x00")


def _is_chain(source: FileBytes, at: int, stop: int) -> bool:
    """Whether several frames of one kind stand here, or fewer up to the end."""
    first = frame = _frame(source.at(at, 4))
    for _ in range(_CHAIN):
        if not frame or frame.kind != first.kind:
            return False
        at += frame.length
        if at >= stop:
            return at == stop
        frame = _frame(source.at(at, 4))
    return True


def _skip(source: FileBytes, at: int, stop: int) -> int:
    """Behind a tag, or to what could be the next frame."""
    if source.at(at, 3) == b"ID3":
        return after_id3(source, at)
    found = source.find(b"\xff", at + 1, stop)
    tag = source.find(b"ID3", at + 1, found if found >= 0 else stop)
    return tag if tag >= 0 else found if found >= 0 else stop


def after_id3(source: FileBytes, at: int) -> int:
    """Behind an ID3v2 tag that begins here, or here."""
    head = source.at(at, 10)
    if head[:3] != b"ID3" or len(head) < 10 or max(head[6:]) > 0x7F:
        return at + (3 if head[:3] == b"ID3" else 0)
    size = 0
    for byte in head[6:]:
        size = size << 7 | byte
    return at + 10 + size + (10 if head[5] & 0x10 else 0)


def _frame(head: bytes) -> Frame | None:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bitrate, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer == 4 or bitrate in (0, 15) or rate == 3:
        return None
    rate = _RATES[version][rate]
    bits = 1000 * _KBITS[version == 3, layer][bitrate]
    if layer == 1:
        return Frame(head, version, layer, rate, 4 * (12 * bits // rate + padding), 384)
    samples = 576 if layer == 3 and version != 3 else 1152
    return Frame(head, version, layer, rate, samples // 8 * bits // rate + padding, samples)

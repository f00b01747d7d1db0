"""A PNG's claims and its wholeness, before anything is decoded: decoders read a damaged one without a word.

Source: Portable Network Graphics (PNG) Specification, third edition, sections 5 and 11.2.
"""

import zlib
from dataclasses import dataclass
from pathlib import Path

from stressid_keras.config import MAX_IMAGE_PIXELS
from stressid_keras.errors import RecordingError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # bits a channel
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
OTHERS = {b"\xff\xd8\xff": "a JPEG", b"GIF8": "a GIF", b"BM": "a BMP", b"RIFF": "a WebP", b"II*\0": "a TIFF"}


@dataclass(frozen=True)
class _Header:
    width: int
    height: int
    bits: int  # of a pixel
    interlaced: bool

    @property
    def decoded_size(self) -> int:
        """Bytes of the decompressed image: rows of whole bytes, each behind a byte that names its filter."""
        passes = ADAM7 if self.interlaced else ((0, 0, 1, 1),)
        total = 0
        for left, top, right, down in passes:
            width, height = -(-(self.width - left) // right), -(-(self.height - top) // down)
            if width > 0 and height > 0:
                total += height * (1 + -(-width * self.bits // 8))
        return total


def read_whole_png(path: Path) -> bytes:
    """The content of a PNG of bounded size in which every chunk and every row is there and unharmed.

    Raises:
        RecordingError: another format, too large, damaged or cut short.
        OSError: the file cannot be read.
    """
    path = Path(path)
    content = path.read_bytes()
    if not content.startswith(SIGNATURE):
        found = next((name for magic, name in OTHERS.items() if content.startswith(magic)), "")
        if found:
            raise RecordingError(
                f"{path.name} is {found} image; expected a PNG, which keeps values as they are."
            )
        raise _no_image(path)
    chunks = _chunks(content, path)
    header = _header(chunks[0], path)
    if header.width * header.height > MAX_IMAGE_PIXELS:
        raise RecordingError(
            f"{path.name} claims {header.width} × {header.height} pixels; expected at most {MAX_IMAGE_PIXELS:,}."
        )
    _check_rows(b"".join(data for name, data in chunks if name == b"IDAT"), header, path)
    return content


def _chunks(content: bytes, path: Path) -> list[tuple[bytes, bytes]]:
    """Name and data of each chunk up to the last one, IEND."""
    found, position = [], len(SIGNATURE)
    while position + 12 <= len(content):
        size = int.from_bytes(content[position : position + 4], "big")
        body = content[position + 4 : position + 8 + size]
        checksum = content[position + 8 + size : position + 12 + size]
        if len(checksum) < 4:
            break
        if zlib.crc32(body) != int.from_bytes(checksum, "big"):
            if not found:
                raise _no_image(path)
            raise RecordingError(f"{path.name} is damaged: a checksum in it is wrong; expected a whole PNG.")
        found.append((body[:4], body[4:]))
        if body[:4] == b"IEND":
            return found
        position += 12 + size
    if not found:
        raise _no_image(path)
    raise RecordingError(f"{path.name} is truncated: the end of the image is missing; expected a whole PNG.")


def _header(chunk: tuple[bytes, bytes], path: Path) -> _Header:
    name, data = chunk
    if name != b"IHDR" or len(data) != 13:
        raise _no_image(path)
    width, height = int.from_bytes(data[:4], "big"), int.from_bytes(data[4:8], "big")
    depth, colour, compression, filters, interlaced = data[8:]
    if (
        not width
        or not height
        or depth not in DEPTHS.get(colour, ())
        or compression
        or filters
        or interlaced > 1
    ):
        raise _no_image(path)
    return _Header(width, height, depth * CHANNELS[colour], bool(interlaced))


def _check_rows(compressed: bytes, header: _Header, path: Path) -> None:
    expected = header.decoded_size
    decoder = zlib.decompressobj()
    try:
        found = len(decoder.decompress(compressed, expected + 1))
    except zlib.error:
        found = -1
    if found != expected or not decoder.eof:
        raise RecordingError(
            f"{path.name} is damaged: its rows cannot be decompressed; expected a whole PNG."
        )


def _no_image(path: Path) -> RecordingError:
    return RecordingError(f"{path.name} is not an image that can be read; expected a PNG.")

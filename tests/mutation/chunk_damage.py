"""Ways to damage containers by their own grammar: RIFF and AIFF chunks, MP4 boxes, PNG chunks, Ogg pages."""

import struct
import zlib

import numpy as np

from .damage import BYTES, damaged, set_integer

PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta", b"dinf")


def change_riff(content: bytes, rng: np.random.Generator) -> bytes:
    return _iff(content, rng, "<I")


def change_aiff(content: bytes, rng: np.random.Generator) -> bytes:
    return _iff(content, rng, ">I")


def change_boxes(content: bytes, rng: np.random.Generator) -> bytes:
    """At some depth, boxes are moved, dropped, doubled, or one of them has a number changed."""
    return _join_boxes(_edit_boxes(_split_boxes(content), rng))


def change_png(content: bytes, rng: np.random.Generator) -> bytes:
    """Chunks with right checksums: sizes, contents, order."""
    chunks, place = [], 8
    while place + 12 <= len(content):
        size = int.from_bytes(content[place : place + 4], "big")
        chunks.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + size]))
        place += 12 + size
    if not chunks:
        return content
    chunks = _edit_list(chunks, rng, lambda chunk: (chunk[0], _changed(chunk[1], rng)))
    return content[:8] + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def change_ogg(content: bytes, rng: np.random.Generator) -> bytes:
    """Pages with right checksums: positions, contents, order."""
    pages = [b"OggS" + rest for rest in content.split(b"OggS")[1:]]
    if not pages:
        return content
    return b"".join(_ogg_page(page) for page in _edit_list(pages, rng, lambda page: _changed(page, rng)))


def change_mp3(content: bytes, rng: np.random.Generator) -> bytes:
    """Frames dropped, doubled, exchanged or damaged; or a tag in front."""
    if rng.integers(4) == 0:
        size = int(rng.choice((0, 10, 300)))
        return b"ID3\x04\x00\x00" + bytes([0, 0, size >> 7, size & 127]) + bytes(size) + content
    head = content[:2]
    frames = [head + rest for rest in content.split(head)[1:]]
    return b"".join(_edit_list(frames, rng, lambda frame: _changed(frame, rng)))


def _iff(content: bytes, rng: np.random.Generator, form: str) -> bytes:
    """Chunks moved, dropped, doubled, changed, of another claimed size, or one more in front or behind."""
    chunks, place = [], 12
    while place + 8 <= len(content):
        size = struct.unpack_from(form, content, place + 4)[0]
        chunks.append(content[place : place + 8 + size + size % 2])
        place += len(chunks[-1])
    if not chunks:
        return content

    def edit(chunk):
        if rng.integers(2):
            return set_integer(chunk, 4, 4, rng)
        return chunk[:8] + _changed(chunk[8:], rng)

    if rng.integers(3) == 0:
        name = (b"LIST", b"JUNK", b"id3 ", b"bext", b"_PMX", b"fact", b"data", b"fmt ")[int(rng.integers(8))]
        body = rng.bytes(int(rng.choice((0, 1, 4, 301))))
        extra = name + struct.pack(form, len(body)) + body + bytes(len(body) % 2)
        chunks.insert(int(rng.integers(len(chunks) + 1)), extra)
    else:
        chunks = _edit_list(chunks, rng, edit)
    body = b"".join(chunks)
    size = struct.pack(form, 4 + len(body)) if rng.integers(2) else content[4:8]
    return content[:4] + size + content[8:12] + body


def _split_boxes(content: bytes) -> list:
    """[(name, content or list of boxes)], as far as they can be told apart."""
    boxes, place = [], 0
    while place + 8 <= len(content):
        size, name = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8]
        if size < 8 or place + size > len(content):
            break
        body = content[place + 8 : place + size]
        boxes.append((name, _split_boxes(body) if name in PARENTS else body))
        place += size
    if place < len(content):
        boxes.append((b"", content[place:]))
    return boxes


def _join_boxes(boxes: list) -> bytes:
    parts = []
    for name, body in boxes:
        body = _join_boxes(body) if isinstance(body, list) else body
        parts.append(body if not name else struct.pack(">I", 8 + len(body)) + name + body)
    return b"".join(parts)


def _edit_boxes(boxes: list, rng: np.random.Generator) -> list:
    inner = [i for i, (_, body) in enumerate(boxes) if isinstance(body, list)]
    if inner and rng.random() < 0.85:
        place = inner[int(rng.integers(len(inner)))]
        boxes = list(boxes)
        boxes[place] = boxes[place][0], _edit_boxes(boxes[place][1], rng)
        return boxes

    def edit(box):
        name, body = box
        return name, body if isinstance(body, list) else _changed(body, rng)

    return _edit_list(boxes, rng, edit) if boxes else boxes


def _edit_list(items: list, rng: np.random.Generator, edit) -> list:
    """Half of the time one item edited, else items dropped, doubled or exchanged."""
    items = list(items)
    a, b = (int(n) for n in rng.integers(0, len(items), 2))
    kind = int(rng.integers(8))
    if kind < 5:
        items[a] = edit(items[a])
    elif kind == 5:
        del items[a]
    elif kind == 6:
        items.insert(b, items[a])
    else:
        items[a], items[b] = items[b], items[a]
    return items


def _changed(data: bytes, rng: np.random.Generator) -> bytes:
    """A number at an even place, mostly; else any damage."""
    if len(data) >= 4 and rng.random() < 0.7:
        width = int(rng.choice((1, 2, 4, 4)))
        place = int(rng.integers(min(len(data), 400) // width)) * width
        return set_integer(data, place, width, rng) if place + width <= len(data) else data
    return damaged(data, BYTES, rng) if data else data


def _ogg_page(page: bytes) -> bytes:
    """The page with its right checksum. Source: RFC 3533, section 6."""
    if len(page) < 27:
        return page
    blank = page[:22] + bytes(4) + page[26:]
    crc = 0
    for byte in blank:
        crc = (crc << 8) & 0xFFFFFFFF ^ _OGG_TABLE[(crc >> 24) ^ byte]
    return page[:22] + struct.pack("<I", crc) + page[26:]


def _ogg_table() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
        table.append(crc)
    return table


_OGG_TABLE = _ogg_table()

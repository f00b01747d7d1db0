"""Ways to damage a ZIP archive (`.keras`, `.npz`, the archive behind a `.tflite`) and leave its checksums right."""

import io
import json
import struct
import warnings
import zipfile

import numpy as np

from .damage import BYTES, damaged
from .json_damage import JSON

EPOCH = (1980, 1, 1, 0, 0, 0)


def edit_entry(content: bytes, rng: np.random.Generator) -> bytes:
    """The content of one entry is damaged, by its kind, and written with its right checksum."""

    def edit(entries):
        number = int(rng.integers(len(entries)))
        name, data = entries[number]
        entries[number] = name, damaged(data, _damages(name, data), rng)

    return rewritten(content, edit)


def nudge_array(content: bytes, rng: np.random.Generator) -> bytes:
    """One byte in the numbers of one entry, behind its header."""

    def edit(entries):
        number = int(rng.integers(len(entries)))
        name, data = entries[number]
        if len(data) > 128:
            place = int(rng.integers(128, len(data)))
            entries[number] = (
                name,
                data[:place] + bytes([data[place] ^ (1 + int(rng.integers(255)))]) + data[place + 1 :],
            )

    return rewritten(content, edit)


def change_entries(content: bytes, rng: np.random.Generator) -> bytes:
    """Entries dropped, doubled, exchanged, renamed, or one too many."""

    def edit(entries):
        a, b = (int(n) for n in rng.integers(0, len(entries), 2))
        kind = int(rng.integers(6))
        if kind == 0:
            del entries[a]
        elif kind == 1:
            entries.append(entries[a])
        elif kind == 2:
            (first, x), (second, y) = entries[a], entries[b]
            entries[a], entries[b] = (first, y), (second, x)
        elif kind == 3:
            name = str(
                rng.choice(
                    ("../../escaped", "/tmp/x", "é", "x" * 300, entries[a][0].upper(), entries[a][0] + "\x00")
                )
            )
            entries[a] = name, entries[a][1]
        elif kind == 4:
            entries.insert(0, ("extra.txt", b"\xff\xfe\x00"))
        else:
            entries.reverse()

    return rewritten(content, edit)


def compressed(content: bytes, rng: np.random.Generator) -> bytes:
    """The same archive, compressed; then a bit flipped, mostly in what is compressed."""
    method = (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)[int(rng.integers(3))]
    result = bytearray(rewritten(content, lambda entries: None, method))
    if rng.integers(3):
        result[int(rng.integers(len(result)))] ^= 1 << int(rng.integers(8))
    return bytes(result)


def claim(content: bytes, rng: np.random.Generator) -> bytes:
    """A size, method, flag or offset in the directory becomes an extreme number."""
    places = [place for place in _signatures(content, b"PK\x01\x02") if place + 46 <= len(content)]
    if not places:
        return content
    place = places[int(rng.integers(len(places)))]
    offset, form = (
        (8, "<H"),
        (10, "<H"),
        (16, "<I"),
        (20, "<I"),
        (24, "<I"),
        (28, "<H"),
        (30, "<H"),
        (42, "<I"),
    )[int(rng.integers(8))]
    value = int(rng.choice((0, 1, 8, 9, 12, 0x41, 0x7FFFFFFF, 0xFFFFFFFF))) % (1 << 8 * struct.calcsize(form))
    changed = bytearray(content)
    struct.pack_into(form, changed, place + offset, value)
    return bytes(changed)


def bomb(content: bytes, rng: np.random.Generator) -> bytes:
    """One entry becomes very long zeros, which compress to little."""

    def edit(entries):
        number = int(rng.integers(len(entries)))
        entries[number] = entries[number][0], bytes(300_000_000)

    return rewritten(content, edit, zipfile.ZIP_DEFLATED)


ZIP = (edit_entry, edit_entry, edit_entry, nudge_array, change_entries, compressed, claim, claim)


def rewritten(content: bytes, edit, method: int = zipfile.ZIP_STORED) -> bytes:
    """The archive after `edit(entries)`, a list of (name, data); what stood before it stays."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            before = content[: min((entry.header_offset for entry in archive.infolist()), default=0)]
            entries = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    except Exception:  # an earlier damage: there is no archive any more
        return content
    if not entries:
        return content
    edit(entries)
    file = io.BytesIO(before)
    file.seek(0, io.SEEK_END)
    with warnings.catch_warnings(), zipfile.ZipFile(file, "a" if before else "w", method) as archive:
        warnings.simplefilter("ignore")  # of two entries with one name
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data, compress_type=method)
    return file.getvalue()


def _damages(name: str, data: bytes):
    if name.endswith(".json"):
        return (*JSON, *JSON, *BYTES)
    return BYTES if data[:6] != b"\x93NUMPY" else (*BYTES, _npy_header)


def _npy_header(data: bytes, rng: np.random.Generator) -> bytes:
    """An array that says that it has another shape or type."""
    length = int.from_bytes(data[8:10], "little")
    try:
        header = data[10 : 10 + length].decode("latin-1")
    except ValueError:
        return data
    said = str(rng.choice(("(1,)", "()", "(99999999999,)", "(-1,)", "(2, 2)", "(" * 200, "(1e9,)")))
    kind = str(rng.choice(("<f4", "<i8", "|O", "<U9", ">f4", "<c16", "|V4", "<M8[s]")))
    changed = json.dumps({"descr": kind, "fortran_order": bool(rng.integers(2))})[:-1].replace("true", "True")
    header = (
        changed.replace("false", "False") + f', "shape": {said}}}'
        if rng.integers(2)
        else header.replace("'", '"')
    )
    body = header.encode("latin-1").ljust(length - 1)[: length - 1] + b"\n"
    return data[:10] + body + data[10 + length :]


def _signatures(content: bytes, signature: bytes) -> list[int]:
    places, place = [], content.find(signature)
    while place >= 0:
        places.append(place)
        place = content.find(signature, place + 1)
    return places

"""Ways to damage the bytes of any file: `damage(content, rng) → bytes`, the same for the same generator."""

from collections.abc import Callable

import numpy as np

Damage = Callable[[bytes, np.random.Generator], bytes]

EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
HEADER = 160  # bytes from the start, in which most formats keep lengths, rates and sizes


def flip_bits(content: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for _ in range(_few(rng)):
        if changed:
            changed[rng.integers(len(changed))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def flip_header_bits(content: bytes, rng: np.random.Generator) -> bytes:
    return flip_bits(content[:HEADER], rng) + content[HEADER:]


def overwrite(content: bytes, rng: np.random.Generator) -> bytes:
    start, stop = _piece(content, rng)
    filler = int(rng.integers(3))
    middle = rng.bytes(stop - start) if filler == 2 else (b"\x00", b"\xff")[filler] * (stop - start)
    return content[:start] + middle + content[stop:]


def truncate(content: bytes, rng: np.random.Generator) -> bytes:
    """Anywhere; every other time by less than 200 bytes."""
    if rng.integers(2):
        return content[: -int(rng.integers(1, 200))]
    return content[: int(rng.integers(len(content) + 1))]


def insert(content: bytes, rng: np.random.Generator) -> bytes:
    place = int(rng.integers(len(content) + 1))
    return content[:place] + rng.bytes(int(rng.integers(1, 65))) + content[place:]


def append(content: bytes, rng: np.random.Generator) -> bytes:
    """Bytes behind the end: nothing, noise, or the file once more."""
    behind = (b"\x00" * 512, rng.bytes(300), content)
    return content + behind[int(rng.integers(len(behind)))]


def delete_block(content: bytes, rng: np.random.Generator) -> bytes:
    start, stop = _piece(content, rng, 2000)
    return content[:start] + content[stop:]


def duplicate_block(content: bytes, rng: np.random.Generator) -> bytes:
    start, stop = _piece(content, rng, 2000)
    return content[:stop] + content[start:]


def swap_blocks(content: bytes, rng: np.random.Generator) -> bytes:
    a, b, c, d = np.sort(rng.integers(0, len(content) + 1, 4)).tolist()
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def extreme_integer(content: bytes, rng: np.random.Generator) -> bytes:
    """A whole number of 16, 32 or 64 bits, of either byte order, set to a bound or at random; mostly in the header."""
    width = int(rng.choice((2, 4, 4, 8)))
    reach = min(len(content), HEADER) if rng.random() < 0.7 else len(content)
    if reach < width:
        return content
    place = int(rng.integers(reach - width + 1))
    return set_integer(content, place, width, rng)


def set_integer(content: bytes, place: int, width: int, rng: np.random.Generator) -> bytes:
    """The number at a place replaced by an extreme one."""
    value = int(rng.choice(EXTREMES)) if rng.random() < 0.8 else int.from_bytes(rng.bytes(width), "big")
    order = ("little", "big")[int(rng.integers(2))]
    number = (value % (1 << 8 * width)).to_bytes(width, order)
    return content[:place] + number + content[place + width :]


BYTES: tuple[Damage, ...] = (
    flip_bits,
    flip_header_bits,
    overwrite,
    truncate,
    insert,
    append,
    delete_block,
    duplicate_block,
    swap_blocks,
    extreme_integer,
    extreme_integer,
)


def damaged(content: bytes, damages: tuple[Damage, ...], rng: np.random.Generator) -> bytes:
    """The content after one damage, or every fourth time after two; always other bytes than before."""
    result = content
    for _ in range(20):
        for _ in range(1 + (rng.random() < 0.25)):
            result = damages[int(rng.integers(len(damages)))](result, rng)
        if result != content:
            return result
    return content + b"\x00"


def _few(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 9))


def _piece(content: bytes, rng: np.random.Generator, longest: int = 64) -> tuple[int, int]:
    start = int(rng.integers(len(content) + 1))
    return start, min(len(content), start + int(rng.integers(1, longest + 1)))

"""A PNG is whole and of bounded size, or it is refused before it is decoded."""

import struct
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest

from stressid_keras.errors import RecordingError
from stressid_keras.media.png_file import ADAM7, SIGNATURE
from stressid_keras.store.images import image_width, load_gaf_image

GREY = np.random.default_rng(0).integers(0, 256, (13, 13), dtype=np.uint8)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(rows, width=13, height=13, depth=8, colour=0, interlaced=0, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    content = chunk(b"IDAT", zlib.compress(rows))
    return SIGNATURE + chunk(b"IHDR", header) + extra + content + chunk(b"IEND", b"")


def filtered(image):
    return b"".join(b"\0" + row.tobytes() for row in image)


def read(folder, content):
    (folder / "a.png").write_bytes(content)
    return load_gaf_image(folder / "a.png")


def test_an_interlaced_image_is_read(tmp_path):
    passes = (GREY[top::down, left::right] for left, top, right, down in ADAM7)
    rows = b"".join(filtered(part) for part in passes if part.size)
    np.testing.assert_array_equal(read(tmp_path, png(rows, interlaced=1)), GREY)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_few_bits_a_pixel_are_spread_over_the_range(tmp_path, depth):
    levels = 2**depth - 1
    image = GREY % (levels + 1)
    bits = np.unpackbits(image[..., None], axis=2)[..., -depth:].reshape(13, -1)
    rows = filtered(np.packbits(bits, axis=1))
    np.testing.assert_array_equal(read(tmp_path, png(rows, depth=depth)), image * (255 // levels))


def test_a_grey_palette_is_grey_and_a_coloured_one_is_refused(tmp_path):
    greys = chunk(b"PLTE", np.repeat(np.arange(256, dtype=np.uint8)[::-1], 3).tobytes())
    rows = filtered(255 - GREY)
    np.testing.assert_array_equal(read(tmp_path, png(rows, colour=3, extra=greys)), GREY)
    colours = chunk(b"PLTE", np.random.default_rng(0).integers(0, 256, 768, dtype=np.uint8).tobytes())
    with pytest.raises(RecordingError, match="is coloured"):
        read(tmp_path, png(rows, colour=3, extra=colours))


@pytest.mark.parametrize(
    ("width", "height"), [(50_000, 50_000), (2**31 - 1, 1), (13, 2**31 - 1), (4097, 4096)]
)
def test_a_claim_of_many_pixels_is_refused_without_making_room_for_them(tmp_path, width, height):
    (tmp_path / "a.png").write_bytes(png(filtered(GREY), width, height))
    tracemalloc.start()
    try:
        with pytest.raises(
            RecordingError, match=rf"a\.png claims {width} × {height} pixels; expected at most"
        ):
            image_width(tmp_path / "a.png")
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


def test_a_small_file_that_inflates_to_gigabytes_is_refused_early(tmp_path):
    bomb = zlib.compressobj(9)
    rows = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(64)) + bomb.flush()
    content = png(b"").replace(chunk(b"IDAT", zlib.compress(b"")), chunk(b"IDAT", rows))
    tracemalloc.start()
    try:
        with pytest.raises(RecordingError, match="is damaged: its rows cannot be decompressed"):
            read(tmp_path, content)
        assert tracemalloc.get_traced_memory()[1] < 2e6
    finally:
        tracemalloc.stop()


def damaged(content):
    at = content.index(b"IDAT") + 20
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (damaged(png(filtered(GREY))), "is damaged: a checksum"),
        (png(filtered(GREY))[:-30], "is truncated"),
        (png(filtered(GREY))[:-12], "is truncated"),
        (png(filtered(GREY[:9])), "is damaged: its rows"),
        (png(filtered(GREY), depth=3), "is not an image"),
        (png(filtered(GREY), colour=5), "is not an image"),
        (png(b"", 0, 13), "is not an image"),
        (cv2.imencode(".jpg", GREY)[1].tobytes(), "is a JPEG image; expected a PNG"),
        (cv2.imencode(".bmp", GREY)[1].tobytes(), "is a BMP image; expected a PNG"),
        (cv2.imencode(".webp", GREY)[1].tobytes(), "is a WebP image; expected a PNG"),
    ],
)
def test_what_is_no_whole_png_is_refused_in_one_sentence(tmp_path, content, words):
    with pytest.raises(RecordingError, match=words) as caught:
        read(tmp_path, content)
    assert str(caught.value).startswith("a.png ")
    assert str(caught.value).endswith(".")


def test_every_flipped_bit_of_a_header_is_refused_or_harmless(tmp_path):
    content = png(filtered(GREY))
    for position in range(8, content.index(b"IDAT")):
        for bit in range(8):
            changed = content[:position] + bytes([content[position] ^ 1 << bit]) + content[position + 1 :]
            with pytest.raises(RecordingError):
                read(tmp_path, changed)

"""Frames are shown as the film's display matrix says: in all eight ways in which a picture can lie."""

import itertools

import numpy as np
import pytest

from stressid_keras.config import VideoConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.film.frames import read_frames

FULL = VideoConfig(max_side=1024)
SIGNS = tuple(itertools.product((1, -1), repeat=2))
ORIENTATIONS = [(a, 0, 0, d) for a, d in SIGNS] + [(0, b, c, 0) for b, c in SIGNS]


def with_matrix(film, path, matrix):
    """A copy whose track has another (a, b, c, d): ISO/IEC 14496-12, 8.3.2, the matrix of the track header.

    Encoded anew, the frames would be others: what x264 writes depends on what memory held before.
    """
    content = bytearray(film.read_bytes())
    at = content.index(b"tkhd") + 4 + 40
    for place, value in zip((0, 4, 12, 16), matrix, strict=True):
        content[at + place : at + place + 4] = round(value * 65536).to_bytes(4, "big", signed=True)
    path.write_bytes(content)
    return path


def shown_by(matrix, frames):
    """Every stored pixel is put where the matrix sends its place: (x, y) → (a x + c y, b x + d y)."""
    a, b, c, d = matrix
    count, height, width, _ = frames.shape
    y, x = np.mgrid[:height, :width]
    across, down = a * x + c * y, b * x + d * y
    across, down = across - across.min(), down - down.min()
    display = np.empty((count, down.max() + 1, across.max() + 1, 3), frames.dtype)
    display[:, down, across] = frames
    return display


@pytest.mark.parametrize("matrix", ORIENTATIONS)
def test_a_film_is_turned_and_mirrored_as_its_matrix_says(tmp_path, write_video, matrix):
    plain = write_video(tmp_path / "plain.mp4", count=16)
    stored = read_frames(plain, 0, 60, FULL)
    path = with_matrix(plain, tmp_path / "a.mp4", matrix)
    np.testing.assert_array_equal(read_frames(path, 0, 60, FULL), shown_by(matrix, stored))


def test_a_mirrored_film_is_shrunk_like_any_other(tmp_path, write_video):
    plain = write_video(tmp_path / "plain.mp4", count=16, width=96)
    path = with_matrix(plain, tmp_path / "a.mp4", (0, -1, -1, 0))
    small = VideoConfig(max_side=24)
    assert read_frames(path, 0, 60, small).shape == (16, 24, 12, 3)
    expected = read_frames(plain, 0, 60, small)[:, ::-1, ::-1].swapaxes(1, 2)
    np.testing.assert_allclose(read_frames(path, 0, 60, small).astype(int), expected, atol=1)


@pytest.mark.parametrize("matrix", [(2, 0, 0, 1), (0.999, 0.04, -0.04, 0.999), (0, 0, 0, 0)])
def test_a_scale_a_small_tilt_and_an_empty_matrix_turn_nothing(tmp_path, write_video, matrix):
    plain = write_video(tmp_path / "plain.mp4", count=16)
    stored = read_frames(plain, 0, 60, FULL)
    path = with_matrix(plain, tmp_path / "a.mp4", matrix)
    np.testing.assert_array_equal(read_frames(path, 0, 60, FULL), stored)


def test_a_film_to_be_shown_askew_is_refused(tmp_path, write_video):
    path = with_matrix(write_video(tmp_path / "plain.mp4"), tmp_path / "a.mp4", (0.866, 0.5, -0.5, 0.866))
    with pytest.raises(RecordingError, match=r"a\.mp4 is to be shown turned by 30° off a quarter turn"):
        read_frames(path, 0, 60, FULL)

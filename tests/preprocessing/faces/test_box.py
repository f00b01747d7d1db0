"""The box of a window: where its face is in most frames, inside the picture, and moved by nothing else."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stressid_keras.preprocessing.faces.box import MARGIN, Box, window_box

HEIGHT, WIDTH = 720, 1280
NONE = np.empty((0, 3))

faces_of_a_frame = st.lists(
    st.tuples(st.floats(-50, WIDTH + 50), st.floats(-50, HEIGHT + 50), st.floats(1, 1_500)), max_size=4
).map(lambda faces: np.array(faces).reshape(-1, 3))
windows = st.lists(faces_of_a_frame, min_size=1, max_size=16)


def one(x, y, side):
    return np.array([[x, y, side]], float)


def still(count=16, x=640.0, y=300.0, side=200.0):
    """A face that hardly moves."""
    rng = np.random.default_rng(0)
    return [one(x, y, side) + rng.normal(0, 2, (1, 3)) for _ in range(count)]


def nearly_equal(box, other, pixels=3):
    parts = [(one.top, one.left, one.height, one.width) for one in (box, other)]
    return np.abs(np.subtract(*parts)).max() <= pixels


def test_the_box_is_a_square_about_the_face_with_a_margin():
    box, count = window_box([one(640, 300, 200)] * 16, HEIGHT, WIDTH)
    side = round(200 * (1 + 2 * MARGIN))
    assert box == Box(300 - side // 2, 640 - side // 2, side, side)
    assert count == 16


def test_no_face_in_any_frame_is_no_box():
    assert window_box([NONE] * 16, HEIGHT, WIDTH) == (None, 0)


def test_one_frame_with_a_face_is_enough():
    box, count = window_box([NONE] * 9 + [one(640, 300, 200)] + [NONE] * 6, HEIGHT, WIDTH)
    assert box == window_box([one(640, 300, 200)], HEIGHT, WIDTH)[0]
    assert count == 1


@given(
    places=st.lists(st.integers(0, 15), max_size=4, unique=True),
    face=st.tuples(st.floats(0, WIDTH), st.floats(0, HEIGHT), st.floats(10, 1_000)),
    beside=st.booleans(),
)
def test_false_detections_in_some_frames_do_not_move_the_box(places, face, beside):
    faces = still()
    expected, _ = window_box(faces, HEIGHT, WIDTH)
    for place in places:
        faces[place] = np.concatenate([[face], faces[place]] if beside else [[face]])
    assert nearly_equal(window_box(faces, HEIGHT, WIDTH)[0], expected)


def test_of_two_faces_that_stay_it_is_the_larger_one():
    near, far = still(), still(x=200, y=200, side=90)
    expected = window_box(near, HEIGHT, WIDTH)
    assert (
        window_box([np.concatenate(pair) for pair in zip(far, near, strict=True)], HEIGHT, WIDTH) == expected
    )


def test_the_larger_one_may_look_away_for_some_frames():
    near, far = still(), still(x=200, y=200, side=90)
    faces = [
        b if i in (2, 3, 9) else np.concatenate([a, b])
        for i, (a, b) in enumerate(zip(near, far, strict=True))
    ]
    box, count = window_box(faces, HEIGHT, WIDTH)
    assert nearly_equal(box, window_box(near, HEIGHT, WIDTH)[0])
    assert count == 13


def test_who_passes_by_near_the_camera_is_not_the_windows_face():
    passing = [one(300 + 300 * i, 350, 400) for i in range(3)]
    faces = [np.concatenate([a, *passing[i : i + 1]]) for i, a in enumerate(still())]
    assert window_box(faces, HEIGHT, WIDTH)[0] == window_box(still(), HEIGHT, WIDTH)[0]


def test_a_head_that_leans_in_for_a_moment_leaves_the_box_as_it_is():
    faces = still()
    faces[4] = faces[5] = one(640, 320, 360)
    assert nearly_equal(window_box(faces, HEIGHT, WIDTH)[0], window_box(still(), HEIGHT, WIDTH)[0])


@given(windows, st.integers(1, 2_000), st.integers(1, 2_000))
def test_the_box_lies_in_the_picture_and_is_square_where_a_square_fits(faces, height, width):
    box, count = window_box(faces, height, width)
    assert count <= sum(len(some) > 0 for some in faces)
    if box is None:
        assert not any(map(len, faces))
        return
    assert count >= 1
    assert 0 <= box.top < box.top + box.height <= height
    assert 0 <= box.left < box.left + box.width <= width
    assert box.height == box.width or min(box.height, box.width) == min(height, width)


@given(windows, st.randoms(use_true_random=False))
def test_neither_the_order_of_frames_nor_that_of_faces_matters(faces, random):
    expected = window_box(faces, HEIGHT, WIDTH)
    shuffled = [np.array(random.sample(list(some), len(some))).reshape(-1, 3) for some in faces]
    random.shuffle(shuffled)
    assert window_box(shuffled, HEIGHT, WIDTH) == expected


def test_a_face_at_the_edge_keeps_its_square():
    box, _ = window_box([one(20, 700, 200)] * 16, HEIGHT, WIDTH)
    assert box == Box(HEIGHT - 320, 0, 320, 320)


def test_a_face_that_fills_the_picture_is_cut_to_its_height():
    box, _ = window_box([one(640, 360, 600)] * 16, HEIGHT, WIDTH)
    assert (box.top, box.height, box.width) == (0, HEIGHT, 960)

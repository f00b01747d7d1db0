"""The exported images show the store, are accepted in place of the raw files, and give the same arrays."""

import shutil

import cv2
import numpy as np
import pytest

from stressid_keras.config import DatasetConfig, PreparationConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.modalities import MODALITIES
from stressid_keras.preprocessing import prepare_dataset
from stressid_keras.store.encoding import narrow
from stressid_keras.store.png import contact_sheet, export_png

CONFIG = PreparationConfig()


@pytest.fixture
def store(index, tmp_path):
    return prepare_dataset(index, tmp_path / "prepared", CONFIG)


def test_a_tree_of_the_images_gives_the_same_arrays(store, tree, tmp_path):
    images = export_png(store)
    for pattern in ("Audio/*/*.wav", "Physiological/*/*.txt"):
        for raw in tree.glob(pattern):
            raw.unlink()
            for image in (images / raw.relative_to(tree)).parent.glob(f"{raw.stem}*.png"):
                image.rename(raw.parent / image.name)
    again = prepare_dataset(index_dataset(tree, DatasetConfig()), tmp_path / "again", CONFIG)
    assert len(again) == len(store) == 4
    assert again.complete.all()
    for modality in MODALITIES:
        for row in range(len(store)):
            found, expected = (s.read(row, modality) for s in (again, store))
            if modality == "audio":  # images have 8 of the 16 bits
                found, expected = narrow(found), narrow(expected)
            np.testing.assert_array_equal(found, expected, modality)


def test_a_subject_with_an_underscore_keeps_it_in_store_and_images(tree, tmp_path):
    subject = next((tree / "Audio").iterdir()).name
    for path in sorted(tree.rglob(f"{subject}*"), reverse=True):  # files before their folders
        path.rename(path.with_name(path.name.replace(subject, "sub_01")))
    labels = tree / "labels.csv"
    labels.write_text(labels.read_text().replace(subject, "sub_01"))
    store = prepare_dataset(index_dataset(tree, DatasetConfig()), tmp_path / "prepared", CONFIG)
    assert "sub_01" in set(store.manifest["subject"])
    assert not any("_" in task for task in store.manifest["task"])
    images = export_png(store)
    assert len(list((images / "Audio" / "sub_01").glob("sub_01_*.png"))) == 2
    for pattern in ("Audio", "Physiological"):
        shutil.rmtree(tree / pattern)
        shutil.copytree(images / pattern, tree / pattern)
    assert len(index_dataset(tree, DatasetConfig()).recordings) == len(store)


def test_further_windows_have_a_suffix(index, tmp_path):
    config = PreparationConfig(window_seconds=1.0, hop_seconds=0.5)
    store = prepare_dataset(index, tmp_path / "prepared", config)
    name, subject = store.manifest.iloc[0][["recording", "subject"]]
    images = export_png(store)
    found = {path.name for path in (images / "Physiological" / subject).glob(f"{name}*_ECG.png")}
    windows = range(1, (store.manifest["recording"] == name).sum())
    assert windows
    assert found == {f"{name}_ECG.png", *(f"{name}-w{window}_ECG.png" for window in windows)}


def test_the_frames_are_on_one_sheet(store):
    name, subject = store.manifest.iloc[0][["recording", "subject"]]
    sheet = cv2.imread(str(export_png(store) / "Videos" / subject / f"{name}.png"))[..., ::-1]
    frames = store.read(0, "video")
    height, width = frames.shape[1:3]
    assert sheet.shape == (4 * height, 4 * width, 3)
    np.testing.assert_array_equal(sheet[height : 2 * height, 2 * width : 3 * width], frames[6])
    assert contact_sheet(frames[:5]).shape == (2 * height, 3 * width, 3)


def test_images_of_another_store_do_not_remain(store, index):
    stray = export_png(store) / "Audio" / "stray.png"
    stray.write_bytes(b"")
    export_png(store)
    assert stray.exists(), "nothing changed: nothing is written"
    export_png(prepare_dataset(index, store.path, PreparationConfig(window_seconds=1.0)))
    assert not stray.exists()

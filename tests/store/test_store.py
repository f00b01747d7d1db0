"""The prepared folder keeps its contract, and a broken one is not believed."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest

from stressid_keras.config import PreparationConfig, QualityConfig
from stressid_keras.errors import DatasetError, StaleError
from stressid_keras.modalities import MODALITIES
from stressid_keras.preprocessing.packing import Packer
from stressid_keras.preprocessing.prepare import prepare_dataset
from stressid_keras.preprocessing.signals.signal_levels import person_levels, recording_levels
from stressid_keras.preprocessing.signals.signal_reader import SignalReader
from stressid_keras.preprocessing.work import prepare_recording
from stressid_keras.store.store import COLUMNS, PreparedStore, _read_manifest

CONFIG = PreparationConfig()


@pytest.fixture
def store(index, tmp_path):
    return prepare_dataset(index, tmp_path / "prepared", CONFIG)


def test_the_manifest_has_one_row_per_window_in_the_order_of_the_index(store, index):
    assert tuple(store.manifest.columns) == COLUMNS
    assert list(store.manifest["recording"]) == [recording.name for recording in index.recordings]
    assert list(store.manifest["label"]) == [recording.label for recording in index.recordings]
    assert (store.manifest["window"] == 0).all()
    assert store.manifest["seconds"].between(1.9, 2.2).all()
    assert len(store) == 4


def test_arrays_are_those_of_the_transforms(store, index):
    levels = {}
    for recording in index.recordings:
        levels.setdefault(recording.subject, []).append(
            recording_levels(SignalReader(recording, QualityConfig()), CONFIG)
        )
    for row, recording in enumerate(index.recordings):
        windows = prepare_recording(recording, CONFIG, person_levels(levels[recording.subject]))
        for modality in MODALITIES:
            array = store.read(row, modality)
            assert array.dtype == (np.uint16 if modality == "audio" else np.uint8)
            assert array.shape == store.shape(row, modality)
            np.testing.assert_array_equal(array, windows[modality][0].array)


def test_offsets_and_shapes_in_the_manifest_locate_the_bytes(store):
    row = store.manifest.iloc[2]
    content = np.fromfile(store.path / "arrays" / "video.bin", np.uint8)
    shape = tuple(map(int, row["video_shape"].split("x")))
    start = int(row["video_offset"])
    np.testing.assert_array_equal(
        content[start : start + np.prod(shape)].reshape(shape), store.read(2, "video")
    )
    assert store.nbytes == sum(path.stat().st_size for path in (store.path / "arrays").iterdir())


def test_what_is_there_is_told(store):
    assert store.complete.all()
    assert store.privileged.all()
    assert store.complete.shape == (4,)
    assert store.class_names == ("Low", "Medium", "High")
    assert store.config == CONFIG
    assert store.counts["windows"] == store.counts["windows_complete"] == 4
    assert list(store.failures.columns) == ["recording", "modality", "reason"]


def test_it_can_be_pickled_after_reading(store):
    expected = store.read(1, "ecg")
    content = pickle.dumps(store)
    assert len(content) < 30_000
    np.testing.assert_array_equal(pickle.loads(content).read(1, "ecg"), expected)


def test_a_missing_modality_is_empty_in_the_manifest(index, tmp_path):
    index.recordings[0].sources["audio"].write_bytes(b"")
    store = prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert list(store.has("audio")) == [False, True, True, True]
    assert list(store.complete) == [False, True, True, True]
    assert store.privileged.all()
    assert (store.path / "manifest.csv").read_text().splitlines()[1].count(",,") >= 1
    with pytest.raises(KeyError, match="has no audio"):
        store.read(0, "audio")


def test_names_stay_text_whatever_they_look_like(tmp_path):
    packer = Packer(tmp_path)
    rows = []
    for subject in ("0123", "3e12", "NA", "1.0"):
        row = dict.fromkeys(COLUMNS, "") | {"recording": f"{subject}_Math", "subject": subject, "task": "007"}
        rows.append(row | {"window": 0, "label": 1, "start": 0.0, "seconds": 60.0})
    packer.rows = rows
    packer.finish(
        {"fingerprint": "", "windows_fingerprint": "", "class_names": [], "config": {}, "counts": {}}
    )
    manifest = PreparedStore.open(tmp_path).manifest
    assert list(manifest["subject"]) == ["0123", "3e12", "NA", "1.0"]
    assert list(manifest["task"]) == ["007"] * 4
    assert manifest["audio_offset"].isna().all()


def test_a_folder_that_is_not_prepared_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="is not a prepared folder"):
        PreparedStore.open(tmp_path / "nowhere")


def cut_an_array(folder):
    path = folder / "arrays" / "video.bin"
    path.write_bytes(path.read_bytes()[:-1])


def lose_an_array(folder):
    (folder / "arrays" / "rr.bin").unlink()


def lose_the_manifest(folder):
    (folder / "manifest.csv").unlink()


def lose_a_column(folder):
    manifest = pd.read_csv(folder / "manifest.csv", dtype=str)
    manifest.drop(columns="task").to_csv(folder / "manifest.csv", index=False)


def lose_a_setting(folder):
    description = json.loads((folder / "prepare.json").read_text())
    del description["nbytes"]
    (folder / "prepare.json").write_text(json.dumps(description))


def lose_the_format(folder):
    """As folders were when all arrays were of bytes."""
    description = json.loads((folder / "prepare.json").read_text())
    del description["format"]
    (folder / "prepare.json").write_text(json.dumps(description))


@pytest.mark.parametrize(
    "damage", [cut_an_array, lose_an_array, lose_the_manifest, lose_a_column, lose_a_setting, lose_the_format]
)
def test_files_that_do_not_belong_together_are_refused_and_made_good(store, index, damage):
    before = store.read(3, "video")
    damage(store.path)
    with pytest.raises(StaleError, match="run the preparation again"):
        PreparedStore.open(store.path)
    np.testing.assert_array_equal(prepare_dataset(index, store.path, CONFIG).read(3, "video"), before)


def test_the_manifest_reader_keeps_its_types(store):
    manifest = _read_manifest(store.path / "manifest.csv")
    assert manifest["video_offset"].dtype == "Int64"
    assert manifest["window"].dtype == manifest["label"].dtype == np.int64

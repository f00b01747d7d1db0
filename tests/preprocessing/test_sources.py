"""Files are told apart wherever they lie, so that what is known of one is never taken for another's."""

import shutil

import cv2
import numpy as np
import pytest

from stressid_keras.config import DatasetConfig, PreparationConfig
from stressid_keras.dataset import Recording, index_dataset
from stressid_keras.preprocessing import prepare_dataset, work
from stressid_keras.preprocessing.signals.signal_reader import SignalReader
from stressid_keras.preprocessing.sources import inspect_sources

from ..laboratory import make_laboratory

CONFIG = PreparationConfig()


def test_files_of_two_people_that_lie_alike_are_known_apart(tmp_path, made, monkeypatch):
    table = make_laboratory(tmp_path / "lab", people=3, tasks=2)
    text = table.read_text()
    for path in sorted((table.parent / "body").iterdir()):
        deep = table.parent / path.stem / "day1" / "empatica" / "signals.csv"
        deep.parent.mkdir(parents=True)
        shutil.move(path, deep)
        text = text.replace(f"body/{path.name}", str(deep.relative_to(table.parent)))
    table.write_text(text)
    index = index_dataset(table, DatasetConfig(teacher_modalities=("ecg", "eda")))
    first = prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert len(made) == 18
    monkeypatch.setattr(work, "inspect_sources", lambda *_: pytest.fail("looked again"))
    second = prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert len(made) == 18
    assert second.fingerprint == first.fingerprint


def test_images_of_one_recording_that_lie_alike_are_known_apart(tmp_path):
    sources = {}
    for modality, size in (("ecg", 32), ("eda", 64)):
        sources[modality] = tmp_path / modality / "2024" / "day1" / "field.png"
        sources[modality].parent.mkdir(parents=True)
        cv2.imwrite(str(sources[modality]), np.zeros((size, size), np.uint8))
    recording = Recording("a_b", "a", "b", 0, sources)
    found = inspect_sources(recording, {}, SignalReader(recording, CONFIG.quality))
    assert (found["ecg"].length, found["eda"].length) == (32, 64)

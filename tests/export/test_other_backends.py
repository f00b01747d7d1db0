"""Converting needs TensorFlow: on another backend a process of its own has it, and without one a sentence says so."""

import json
import zipfile

import keras
import numpy as np
import pytest

from stressid_keras.config import AudioConfig, ExportOptions, StudentConfig
from stressid_keras.errors import ExportError
from stressid_keras.export.convert import to_tflite
from stressid_keras.export.deployed import build_deployed_model
from stressid_keras.models import build_student
from stressid_keras.workflow import Run, split_people

pytestmark = [
    pytest.mark.backend,
    pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="TensorFlow converts in this process"),
]


def test_conversion_is_refused_with_the_way_out():
    student = build_student(3, 32, StudentConfig(backbone="statistics", filters=(2,), feature_size=2))
    with pytest.raises(ExportError, match="again with KERAS_BACKEND=tensorflow"):
        to_tflite(build_deployed_model(student, AudioConfig(n_mels=32), 16_000))


def test_student_of_this_backend_is_exported_in_another_process(tiny_tree, tiny_store, tiny_config, tmp_path):
    pytest.importorskip("tensorflow")
    run = Run(tiny_tree, tiny_store.path, tmp_path, tiny_config)
    split_people(run.context)  # writes split.json
    names = tuple(tiny_store.class_names)
    build_student(len(names), 32, tiny_config.student).save(tmp_path / "student_ce.keras")
    options = ExportOptions(seconds=2.0, variants=("float32", "fp16"))
    files = run.export(options, tmp_path / "student_ce.keras")
    with zipfile.ZipFile(files["fp16"]) as archive:
        assert json.loads(archive.read("model.json"))["name"] == "student_ce"
    found = run.summary("export_student_ce")["variants"]
    assert found["float32"]["max_probability_difference"] <= 1e-5
    assert np.isfinite(found["fp16"]["latency_ms"])


def test_without_tensorflow_there_is_an_obstacle(tiny_tree, tiny_store, tiny_config, tmp_path, monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "tensorflow" else find(name, *rest)
    )
    run = Run(tiny_tree, tiny_store.path, tmp_path, tiny_config)
    assert "TensorFlow, which writes the files, is not installed" in run.export_obstacle

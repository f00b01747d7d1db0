"""A student that hears the speech encoder's statistics is exported with the encoder, from waveform to probabilities."""

import dataclasses
import json
import zipfile

import keras
import numpy as np
import pandas as pd
import pytest

from stressid_keras import StudentRunner
from stressid_keras.config import EXPORT_VARIANTS, AudioConfig, ExportOptions, StudentConfig
from stressid_keras.errors import ExportError
from stressid_keras.export import export as student_files
from stressid_keras.export.deployed import build_deployed_model
from stressid_keras.export.export import Deployment, export_student
from stressid_keras.export.load import load_student
from stressid_keras.export.operators import operators
from stressid_keras.export.unseen import Unseen
from stressid_keras.models import build_student
from stressid_keras.preprocessing.speech_statistics import encoded
from stressid_keras.runtime.interpreter import LiteRTModel
from stressid_keras.training.classifier import Classifier
from stressid_keras.workflow import Run, split_people

from ..small_export import SPEECH_FRONT_END, with_classifier
from ..speech_signals import waveforms

AUDIO = AudioConfig()
SAMPLES = 160_000  # the default window, of which the sizes were promised
MEGABYTES = {"float32": 6, "fp16": 3, "int8": 1.8, "mediapipe": 6}
NAMES = ("Low", "Medium", "High")


@pytest.fixture(scope="module")
def student(speech):
    """Of the default sizes, trained on twelve people until it is sure of their classes: near ties are another test."""
    keras.utils.set_random_seed(1)
    statistics = np.stack([encoded(speech(person, 4.0), 16_000) for person in range(12)])
    student = build_student(3, AUDIO.n_mels, StudentConfig(backbone="speech"), statistics)
    classifier = Classifier(student)
    classifier.compile(keras.optimizers.Adam(1e-3))
    classifier.fit({"speech": statistics}, np.arange(12) % 3, batch_size=12, epochs=40, verbose=0)
    return student


def unseen(speech):
    for number in range(3):
        names = {"recording": f"r{number}", "subject": f"s{number}", "task": "t", "window": 0}
        yield Unseen(pd.Series(names | {"label": number}), "test", speech(20 + number, 12.0))


@pytest.fixture(scope="module")
def deployment(student):
    return Deployment("student", student, AUDIO, SAMPLES, NAMES, {"seed": 0}, "Random weights.")


@pytest.fixture(scope="module")
def exported(deployment, speech, tmp_path_factory):
    folder = tmp_path_factory.mktemp("speech")
    windows = [speech(person, 10.0) for person in range(3)]
    report = export_student(deployment, folder, EXPORT_VARIANTS, windows, [], unseen(speech))
    return folder, report


@pytest.mark.parametrize("variant", EXPORT_VARIANTS)
def test_every_variant_is_small_keeps_its_bound_and_needs_nothing_but_built_in_operations(exported, variant):
    folder, report = exported
    found = report["variants"][variant]
    assert found["bytes"] <= MEGABYTES[variant] * 1e6
    assert found["bound"] == student_files.BOUNDS[variant].to_dict()
    assert found["latency_ms"] > 0
    runner = StudentRunner(folder / found["file"])
    assert runner.description["front_end"] == SPEECH_FRONT_END
    assert "raises quiet speech" in runner.description["normalisation"]
    counts = operators((folder / found["file"]).read_bytes())
    assert counts["WHILE"] == 1
    assert not [name for name in counts if "CUSTOM" in name or "Flex" in name]


def test_int8_is_of_the_lstm_products(exported):
    _, report = exported
    assert report["int8"]["scheme"].startswith("LSTM products int8")
    assert report["int8"]["given_up"] == []
    assert report["variants"]["int8"]["bytes"] < 0.35 * report["variants"]["float32"]["bytes"]


@pytest.mark.parametrize("name", ["speech", "quiet speech", "noise of less than one segment", "one sample"])
def test_equals_preparation_and_student_on_any_recording(exported, student, name):
    folder, _ = exported
    waveform = waveforms()[name]
    found = LiteRTModel((folder / "student.tflite").read_bytes())(
        np.pad(waveform, (0, SAMPLES - len(waveform)))
    )
    outputs = student({"speech": encoded(waveform, 16_000)[None]}, training=False)
    logits, feature = (keras.ops.convert_to_numpy(outputs[name])[0] for name in ("logits", "feature"))
    expected = np.exp(logits - logits.max())
    np.testing.assert_allclose(found["probabilities"], expected / expected.sum(), atol=1e-4)
    np.testing.assert_allclose(found["feature"], feature, atol=1e-3)


def test_int8_that_fails_on_unseen_people_gives_way_to_floating_point(
    deployment, speech, tmp_path, monkeypatch
):
    missed = student_files._missed

    def too_strict_for_integers(variant, report):
        return "one class differs" if report["max_probability_difference"] > 1e-3 else missed(variant, report)

    monkeypatch.setattr(student_files, "_missed", too_strict_for_integers)
    windows = [speech(person, 10.0) for person in range(2)]
    report = export_student(deployment, tmp_path, ("int8",), windows, [], list(unseen(speech)))
    assert report["int8"]["scheme"] == "float16 weights, float computation"
    given_up = [choice["scheme"] for choice in report["int8"]["given_up"]]
    assert [name.partition(" int8")[0] for name in given_up] == ["LSTM products", "upper two LSTM layers"]


def test_another_rate_than_the_encoders_is_a_sentence(student, tiny_tree, tiny_config, tmp_path):
    audio = AudioConfig(sample_rate=22_050)
    with pytest.raises(
        ExportError, match=r"hears speech at 16000 Hz .* audio.sample_rate 22050; expected 16000"
    ):
        build_deployed_model(student, audio, 44_100)
    preparation = dataclasses.replace(tiny_config.preparation, audio=audio)
    config = dataclasses.replace(
        tiny_config, student=StudentConfig(backbone="speech", feature_size=8), preparation=preparation
    )
    run = Run(tiny_tree, tmp_path / "prepared", tmp_path / "run", config)
    assert "16000 Hz and audio.sample_rate is 22050" in run.export_obstacle


def test_a_student_of_other_statistics_is_refused(tmp_path):
    heard = keras.Input((512,), name="speech")
    outputs = {"logits": keras.layers.Dense(3)(heard), "feature": keras.layers.Dense(2)(heard)}
    keras.Model({"speech": heard}, outputs, name="student").save(tmp_path / "student.keras")
    with pytest.raises(ExportError, match=r"has 512 statistics and 3 classes; its run has 1024 and 3"):
        load_student(tmp_path / "student.keras", 128, 3)


@pytest.mark.backend
def test_a_runs_student_is_exported_whatever_the_backend(tiny_tree, tiny_store, tiny_config, tmp_path):
    """Scored on stored statistics, and on waveforms, which agree where a window is not cut."""
    pytest.importorskip("tensorflow")
    config = dataclasses.replace(tiny_config, student=StudentConfig(backbone="speech", feature_size=8))
    run = Run(tiny_tree, tiny_store.path, tmp_path, config)
    split_people(run.context)  # writes split.json
    student = with_classifier(build_student(len(tiny_store.class_names), 32, config.student))
    student.save(tmp_path / "student_ce.keras")
    options = ExportOptions(variants=("float32", "int8"))
    files = run.export(options, tmp_path / "student_ce.keras")
    with zipfile.ZipFile(files["int8"]) as archive:
        assert json.loads(archive.read("model.json"))["front_end"] == SPEECH_FRONT_END
    summary = run.summary("export_student_ce")
    assert summary["variants"]["float32"]["max_probability_difference"] <= 1e-5
    accuracy = summary["accuracy"]
    assert accuracy["training_windows"]["macro_f1"] == pytest.approx(
        accuracy["deployment_windows"]["macro_f1"]
    )

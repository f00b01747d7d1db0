"""A laboratory with a wristband, a chest strap and a microphone gets the whole way by one command."""

import json

import keras
import numpy as np

from stressid_keras import StudentRunner

from ..laboratory import CLASSES, make_laboratory


def test_a_table_goes_to_report_and_files_in_one_command(started, tmp_path):
    table = make_laboratory(tmp_path / "lab")
    output = tmp_path / "results"
    folders = ("--prepared-dir", tmp_path / "prepared", "--output-dir", output)
    options = ("--smoke", "--data-dir", table, "--teacher-modalities", "ecg", "eda", *folders)
    made = started("distill", *options)
    assert made.returncode == 0, made.stderr.decode()
    teacher = keras.models.load_model(output / "teacher.keras")
    assert set(teacher.input) == {"ecg", "ecg_size", "ecg_measures", "eda", "eda_size", "eda_measures"}
    metrics = json.loads((output / "metrics.json").read_text())
    assert list(metrics["protocol"]["splits"]["test"]["class_counts"]) == list(CLASSES)
    config = json.loads((output / "config.json").read_text())["config"]
    assert config["dataset"]["teacher_modalities"] == ["ecg", "eda"]
    assert config["distillation"]["alpha"] == config["distillation"]["delta"] == 0
    assert (
        "The teacher learned the classes from ECG and EDA, and knows what is usual"
        in (output / "report.html").read_text()
    )
    assert "Video:" not in (output / "model_card.md").read_text()
    runner = StudentRunner(output / "student.tflite")
    assert runner.class_names == CLASSES
    prediction = runner.predict(table.parent / "sound" / "p00-0.wav")
    np.testing.assert_allclose(prediction.mean.sum(), 1, rtol=1e-5)
    for variant in ("fp16", "int8", "mediapipe"):
        assert (output / f"student_{variant}.tflite").stat().st_size > 0
    assert b"up to date" in started("distill", *options).stdout


def test_results_are_not_written_beside_the_table(started, tmp_path):
    table = make_laboratory(tmp_path / "lab", people=3, tasks=2)
    refused = started("prepare", "--data-dir", table, "--prepared-dir", table.parent)
    assert refused.returncode == 2
    assert b"is where the recordings of" in refused.stderr

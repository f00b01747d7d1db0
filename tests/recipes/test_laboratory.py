"""A laboratory with a wristband, a chest strap and a microphone gets the whole way by one command, as documented."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import soundfile

from stressid_keras import StudentRunner

from ..coded_sound import write_coded
from ..docs.pages import ROOT, blocks, same_but_for_scores
from ..laboratory import CLASSES, make_laboratory
from ..small_export import RATE, speech

PAGE, SCORE = "docs/examples/table.md", "docs/examples/score.md"


@pytest.fixture(scope="module")
def lines():
    """lines(text, folder) → what the lines of a page print where `folder` is a clone's root."""

    def lines(text, folder):
        if not (folder / "recipes").exists():
            (folder / "recipes").symlink_to(ROOT / "recipes")
            (folder / "docs").symlink_to(ROOT / "docs")
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
        made = subprocess.run(
            ["bash", "-euc", text], cwd=folder, env=environment, capture_output=True, text=True
        )
        assert made.returncode == 0, made.stderr
        return made.stdout

    return lines


@pytest.fixture(scope="module")
def laboratory(lines, tmp_path_factory):
    """The folder in which the page's lines were run, what they printed, and the options of the recipe."""
    folder = tmp_path_factory.mktemp("clone")
    (text,) = blocks(PAGE, "run")
    text = text.rstrip() + " --prepared-dir prepared"  # the default is the real clone's
    *_, recipe = text.splitlines()
    return folder, lines(text, folder), shlex.split(recipe)[2:]


def test_the_page_shows_what_its_lines_print(laboratory):
    _, printed, _ = laboratory
    (table,), (output,) = blocks(PAGE, "table"), blocks(PAGE, "output")
    made, _, rest = printed.partition("\n")
    assert made == "data/laboratory/recordings.csv is a table of invented recordings."
    assert same_but_for_scores(table.rstrip() + output, rest)


def test_a_student_scores_a_file_and_chunks_as_documented(laboratory, lines):
    folder, _, _ = laboratory
    (script,), (output,) = blocks(SCORE, "code"), blocks(SCORE, "output")
    assert script == (ROOT / "docs/examples/score.py").read_text(encoding="utf-8")
    (command,) = re.findall(r"`(python docs/examples/score\.py .*)` prints", (ROOT / SCORE).read_text())
    assert same_but_for_scores(output, lines(command, folder))
    *words, _ = command.split()
    short, coded = folder / "short.wav", folder / "talk.m4a"
    soundfile.write(short, speech(1.0)[:160, None] * [1.0, 0.4], RATE)
    write_coded(coded, speech(5.0, 48_000)[:, None] * [1.0, 0.4])
    for recording in (short, coded):
        assert "\nthe same numbers: True\n" in lines(shlex.join([*words, recording.name]), folder)


def test_a_table_goes_to_report_and_files_in_one_command(laboratory, started, monkeypatch):
    folder, _, options = laboratory
    monkeypatch.chdir(folder)
    table, output = folder / "data/laboratory/recordings.csv", folder / "saved_models/laboratory"
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

"""Every recipe is run as a user runs it, tiny, and leaves the files it says."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stressid_keras.dataset import SyntheticConfig, make_synthetic_tree

from ..recipe_table import RECIPES, check_what_it_leaves

ROOT = Path(__file__).resolve().parents[2]
ON_FOLDS = (
    "compare",
    "ablate",
)  # run, and their files looked for, on the folds of tests/workflow, which are there
ALONE = {name: recipe for name, recipe in RECIPES.items() if recipe.alone and name not in ON_FOLDS}
CONSOLES = itertools.cycle(("ascii", "cp1252", "cp932"))  # of a recipe each: none may need UTF-8


def run_recipe(name, *options, check=True, console="utf-8"):
    return subprocess.run(
        [sys.executable, str(ROOT / "recipes" / f"{name}.py"), *map(str, options)],
        capture_output=True,
        encoding=console,
        check=check,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": console},
    )


@pytest.fixture(scope="module")
def folders(tiny_tree, tmp_path_factory):
    folder = tmp_path_factory.mktemp("recipes")
    return ["--data-dir", tiny_tree, "--prepared-dir", folder / "prepared", "--output-dir", folder / "run"]


@pytest.fixture(scope="module")
def run_once(folders):
    """run_once(name) → what the recipe said with its tiny options, on its console, in the folders; run if it
    was not yet."""
    results, consoles = {}, dict(zip(ALONE, CONSOLES))  # noqa: B905  as many as there are

    def run(name):
        if name not in results:
            results[name] = run_recipe(name, *folders, "--smoke", *RECIPES[name].tiny, console=consoles[name])
        return results[name]

    return run


def test_finished_job_says_that_all_is_up_to_date(folders, run_once):
    """Asked before another recipe exports something else."""
    run_once("distill")
    result = run_recipe("distill", *folders, "--smoke", "--tensorboard")
    assert "Everything is up to date." in result.stdout
    assert "floor: majority" in result.stdout


@pytest.mark.parametrize("name", ALONE)
def test_recipe_runs_on_any_console_and_leaves_its_files(name, folders, run_once):
    check_what_it_leaves(name, folders[-1], run_once(name))


def test_student_of_another_run_is_exported_from_its_file(folders, run_once, tmp_path):
    """Configuration and split come from beside it; what is missing there is a sentence."""
    folder, options = folders[-1], ["--variants", "float32", "--seconds", "2"]
    run_once("distill")
    for name in ("student_ce.keras", "config.json", "split.json"):
        shutil.copy(folder / name, tmp_path / name)
    student = ["--student", tmp_path / "student_ce.keras"]
    result = run_recipe("export_tflite", *folders[:4], *student, *options)
    assert "windows of 2 s at 16000 Hz; compared on 9 of test and 9 of val:" in result.stdout
    assert (tmp_path / "student_ce.tflite").is_file()
    assert "macro F1, deployment windows: 0." in result.stdout
    assert "(one person: no interval)" in result.stdout
    result = run_recipe("export_tflite", *folders[:4], *student, "--seed", "3", check=False)
    assert result.returncode == 2
    assert "--seed belongs to a training" in result.stderr
    (tmp_path / "split.json").unlink()
    result = run_recipe("export_tflite", *folders[:4], *student, *options, check=False)
    assert result.returncode == 2
    assert "split.json is missing; expected the student.keras of a run" in result.stderr
    result = run_recipe("export_tflite", *folders, "--variants", "full_int8", check=False)
    assert result.returncode == 2
    assert "would quantise the front end" in result.stderr


def test_without_a_tree_the_sample_is_made(tmp_path):
    options = ["--smoke", "--subjects", "4", "--tasks", "1", "--seconds", "2", "--prepared-dir", tmp_path]
    result = run_recipe("prepare", *options)
    assert "4 complete windows of 4 recordings and 4 subjects" in result.stdout
    assert re.search(r"prepare: about \d+ KiB in .*, and as much again", result.stdout)
    assert re.search(r"audio +4 +2\.\d +0  clipped 0\.0%, silent 0\.0%", result.stdout)
    shutil.rmtree(ROOT / "data" / "sample-smoke-4subjects-1tasks-2seconds")


def test_exported_students_are_asked_about_recordings(folders, run_once, tiny_tree):
    run_once("distill")
    recordings = sorted(tiny_tree.glob("Audio/*/*.wav"))[:2]
    for model in sorted(folders[-1].glob("student*.tflite")):
        result = run_recipe("predict", *recordings, "--model", model)
        assert result.stdout.count("whole, ") == 2
        assert result.stdout.startswith(recordings[0].name)


def test_tuned_options_can_be_used(folders, run_once):
    run_once("tune")
    config = json.loads((folders[-1] / "tuned.json").read_text())["config"]
    result = run_recipe(
        "prepare", *folders[:-1], folders[-1].with_name("tuned"), "--config", folders[-1] / "tuned.json"
    )
    assert result.returncode == 0
    assert config["student_training"]["epochs"] == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data-dir", "no/such/tree"], "no/such/tree"),
        (["--class-names", "Calm", "Stressed"], "2 class names were given; affect3-class has 3 classes"),
        (["--epochs", "0"], "--epochs is '0'; expected a whole number from 1"),
        (["--alpha", "-1"], "--alpha is '-1'; expected a number from 0"),
        (["--config", "missing.json"], "missing.json cannot be read (No such file or directory)"),
    ],
)
def test_mistake_is_one_sentence(options, message, folders, tmp_path):
    result = run_recipe("prepare", *folders[:4], "--output-dir", tmp_path, *options, check=False)
    assert result.returncode == 2
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert message in last
    assert "Traceback" not in result.stderr


def test_students_are_scored_on_other_data_of_which_there_is_sound_alone(folders, run_once, tmp_path):
    run_once("evaluate")
    other = make_synthetic_tree(
        tmp_path / "abroad", SyntheticConfig(subjects=3, tasks=3, seconds=4.0, seed=7)
    )
    for folder in ("Videos", "Physiological"):
        shutil.rmtree(other / folder)
    for ending in ("", "\nEverything is up to date."):
        result = run_recipe("evaluate", *folders, "--smoke", "--also-test", other, console="ascii")
        assert "abroad: one training, 3 subjects, 9 windows (Low 3, Medium 3, High 3)" in result.stdout
        assert ending in result.stdout
    result = run_recipe("evaluate", *folders, "--smoke", "--also-test", folders[1], check=False)
    assert result.returncode == 2
    assert "expected recordings that no model was trained on" in result.stderr


def test_images_for_looking_are_written_on_request(folders):
    run_recipe("prepare", *folders, "--smoke", "--png")
    images = folders[3] / "png"
    assert len(list(images.glob("Audio/*/*.png"))) == len(list(images.glob("Videos/*/*.png"))) == 18
    assert len(list(images.glob("Physiological/*/*_RR.png"))) == 18


def test_mistyped_recording_is_answered_with_similar_ones(folders):
    result = run_recipe("show", *folders, "--smoke", "--recording", "nobody_Math", check=False)
    assert result.returncode == 2
    assert "has no usable recording 'nobody_Math'; similar: " in result.stderr


def test_methods_that_cannot_be_compared_are_refused_in_a_sentence(folders):
    result = run_recipe("compare", *folders, "--smoke", "--methods", check=False)
    assert result.returncode == 2
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("error: no method was named; expected at least one")


def test_an_evaluation_is_logged_to_mlflow_on_request(folders, tmp_path):
    pytest.importorskip("mlflow", reason="mlflow is not installed")
    store = tmp_path / "runs.db"
    result = run_recipe("evaluate", *folders, "--smoke", "--mlflow", f"sqlite:///{store}")
    assert re.search(r"mlflow: run \w+ in sqlite:///", result.stdout)
    assert store.stat().st_size

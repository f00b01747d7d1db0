"""The predictions and scores of an invented run, for the tests of more than one room."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from stressid_keras.evaluation import predictions_table, score_run
from stressid_keras.reporting.evidence import Evidence
from stressid_keras.reporting.report import write_report

from .made_windows import windows_of

NAMES = ("Low", "Medium", "High")
TASKS = ("Math", "Reading", "Stroop", "Speaking")
PARTS = {"train": ("a001", "a002", "a003", "a004"), "val": ("b001", "b002"), "test": ("0012", "2e45", "c003")}


@pytest.fixture(scope="session")
def class_names():
    return NAMES


@pytest.fixture(scope="session")
def manifest():
    """Windows of nine subjects, four tasks each, all classes in every part."""
    subjects = [subject for part in PARTS.values() for subject in part]
    return windows_of(subjects, TASKS)


@pytest.fixture(scope="session")
def predict(class_names):
    """A function: the table of a model on manifest rows, right more often the greater its skill."""

    def table(model, split, rows, skill=1.0, names=class_names):
        rng = np.random.default_rng([len(rows), len(model)])
        logits = rng.normal(size=(len(rows), len(names))) + skill * np.eye(len(names))[rows["label"]]
        odds = np.exp(logits)
        return predictions_table(model, split, rows, odds / odds.sum(axis=1, keepdims=True), names)

    return table


@pytest.fixture(scope="session")
def run(manifest, predict, class_names):
    """The predictions of three models on all parts, the training rows, and their scores."""
    rows = {part: manifest[manifest["subject"].isin(subjects)] for part, subjects in PARTS.items()}
    tables = [
        predict(model, part, rows[part], skill)
        for model, skill in (("teacher", 2.0), ("student", 1.0), ("student_ce", 0.5))
        for part in PARTS
    ]
    predictions = pd.concat(tables, ignore_index=True)
    return predictions, rows["train"], score_run(predictions, class_names, rows["train"], seed=0)


@pytest.fixture(scope="session")
def split():
    """What `split.json` holds for `PARTS`."""
    return {
        **{part: list(subjects) for part, subjects in PARTS.items()},
        "class_counts": {"train": [6, 5, 5], "val": [2, 3, 3], "test": [4, 4, 4]},
        "distance": {"train": 0.04, "val": 0.1, "test": 0.0, "max": 0.1},
        "seed": 0,
        "extra_train": [],
    }


@pytest.fixture(scope="module")
def histories():
    steps = np.linspace(1, 0.1, 5)
    terms = {f"mse_{name}": steps / 50 for name in ("video", "ecg", "eda", "rr")}
    curves = {
        "epoch": range(5),
        "loss": steps,
        "uar": 1 - steps,
        "val_loss": steps,
        "val_uar": 0.9 - steps / 2,
    }
    return {
        "teacher": pd.DataFrame(curves),
        "student": pd.DataFrame({**curves, "cross_entropy": steps, **terms}),
        "student_ce": pd.DataFrame({"epoch": range(5), "loss": steps, "val_uar": np.nan}),
    }


@pytest.fixture(scope="module")
def evidence(run, histories, split, class_names):
    predictions, _, metrics = run
    audio = {"sample_rate": 16_000, "n_mels": 128, "hop_length": 512}
    return Evidence(
        metrics=metrics,
        predictions=predictions,
        splits=[split],
        histories={model: [history] for model, history in histories.items()},
        best_epochs={"teacher": [3], "student": [5]},
        config={"seed": 0, "note": "<b>not bold</b>", "preparation": {"audio": audio}},
        versions={"python": "3.11"},
        class_names=class_names,
        data_name="tree",
    )


@pytest.fixture
def rewrite(tmp_path, evidence):
    """A function: the HTML of the run's report, some of the evidence replaced."""

    def write(**changes):
        write_report(tmp_path / "report.html", dataclasses.replace(evidence, **changes))
        return (tmp_path / "report.html").read_text(encoding="utf-8")

    return write

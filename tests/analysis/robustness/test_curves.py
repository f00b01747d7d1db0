"""Curves are scikit-learn's scores, in the order of severity, ready for JSON."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from stressid_keras.analysis.robustness import robustness_scores
from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import (
    bootstrap_interval,
    compare_models,
    predictions_table,
    read_predictions,
    write_predictions,
)

NAMES = ("Low", "Medium", "High")
PLACES = (
    ("clean", 0.0),
    ("shorter", 1.0),
    ("shorter", 10.0),
    *(("white_noise", level) for level in (-5.0, 20.0, 0.0)),
    ("reverberation", 0.8),
    ("reverberation", 0.2),
)


def predictions(models=("student", "student_ce"), subjects=6, seed=0):
    generator = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "recording": f"s{subject}_{task}",
            "subject": f"s{subject}",
            "task": task,
            "window": window,
            "label": (subject + window + len(task)) % 3,
        }
        for subject in range(subjects)
        for task in ("Math", "Stroop")
        for window in (0, 1)
    )
    tables = []
    for model in models:
        for corruption, level in PLACES:
            some = rows if (corruption, level) != ("shorter", 10.0) else rows[rows["window"] == 0]
            odds = generator.dirichlet(np.ones(3), len(some)) + 0.3 * np.eye(3)[some["label"]]
            table = predictions_table(model, "test", some, odds / odds.sum(axis=1, keepdims=True), NAMES)
            table.insert(6, "corruption", corruption)
            table.insert(7, "level", level)
            table.insert(8, "silent", int(level == -5.0))
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="module")
def table():
    return predictions()


@pytest.fixture(scope="module")
def scores(table):
    return robustness_scores(table, NAMES, seed=1)


def test_each_curve_begins_clean_and_gets_more_severe(scores):
    for curves in scores.values():
        assert {name: [point["level"] for point in curve] for name, curve in curves.items()} == {
            "white_noise": ["clean", 20.0, 0.0, -5.0],
            "reverberation": ["clean", 0.2, 0.8],
            "shorter": ["clean", 10.0, 1.0],
        }


def test_scores_are_those_of_scikit_learn(table, scores):
    for model in ("student", "student_ce"):
        for name, curve in scores[model].items():
            for point in curve:
                place = ("clean", 0.0) if point["level"] == "clean" else (name, point["level"])
                rows = table[(table["model"] == model) & (table["corruption"] == place[0])]
                rows = rows[rows["level"] == place[1]]
                truth, said = rows["label"], rows["predicted"]
                assert point["macro_f1"] == pytest.approx(
                    f1_score(truth, said, labels=[0, 1, 2], average="macro", zero_division=0)
                )
                assert point["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(truth, said))
                assert point["macro_f1_interval"] == list(bootstrap_interval(rows, "macro_f1", seed=1))
                assert point["n_windows"] == len(rows)
                assert point["n_subjects"] == 6
                assert point["n_silent"] == (len(rows) if point["level"] == -5.0 else 0)


def test_students_are_compared_on_each_point(table, scores):
    pair = [
        table[(table["model"] == model) & (table["corruption"] == "white_noise") & (table["level"] == 0.0)]
        for model in ("student", "student_ce")
    ]
    point = scores["student_minus_student_ce"]["white_noise"][2]
    assert point["level"] == 0.0
    for metric in ("macro_f1", "balanced_accuracy"):
        assert point[metric] == compare_models(*pair, metric, seed=1)


def test_scores_are_json_and_survive_the_predictions_file(tmp_path, table, scores):
    write_predictions(tmp_path / "robustness.csv", table.sample(frac=1, random_state=0))
    read = read_predictions(tmp_path / "robustness.csv")
    assert json.loads(json.dumps(robustness_scores(read, NAMES, seed=1), allow_nan=False)) == scores


def test_one_student_has_no_difference_and_one_subject_no_interval():
    scores = robustness_scores(predictions(("student",), subjects=1), NAMES, seed=0)
    assert list(scores) == ["student"]
    assert scores["student"]["reverberation"][0]["macro_f1_interval"] == [None, None]
    json.dumps(scores, allow_nan=False)


def test_repeats_are_pooled():
    both = pd.concat([predictions(seed=seed).assign(repeat=seed, fold=0) for seed in (0, 1)])
    scores = robustness_scores(both, NAMES, seed=0)
    assert scores["student"]["white_noise"][0]["n_windows"] == 48
    assert scores["student_minus_student_ce"]["white_noise"][0]["macro_f1"]["n_subjects"] == 6
    with pytest.raises(StressIDError, match="twice"):
        robustness_scores(both.drop(columns=["repeat", "fold"]), NAMES, seed=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.iloc[:0], "no predictions"),
        (lambda table: table.assign(corruption="echo"), "corruption 'echo' is unknown"),
        (lambda table: table.assign(model="teacher2"), "model 'teacher2' is unknown"),
        (lambda table: table[table["corruption"] != "clean"], "student has no clean predictions"),
    ],
)
def test_tables_that_give_no_curves_are_refused(table, change, message):
    with pytest.raises(StressIDError, match=message):
        robustness_scores(change(table), NAMES, seed=0)

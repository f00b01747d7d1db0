import numpy as np
import pandas as pd
import pytest

from stressid_keras.evaluation import bootstrap_interval, score_elsewhere
from stressid_keras.evaluation.metrics import classification_metrics

from ..made_windows import windows_of
from ..scored_run import TASKS

ABROAD = ("x1", "x2", "x3", "x4", "x5")


@pytest.fixture(scope="module")
def heard():
    """The windows of other data."""
    return windows_of(ABROAD, TASKS)


@pytest.fixture(scope="module")
def trainings(heard, predict):
    """What the student of each of three folds says of all of them, the later the better."""
    return [
        predict("student", "test", heard, skill).assign(repeat=0, fold=fold)
        for fold, skill in enumerate((0, 1, 3))
    ]


@pytest.fixture(scope="module")
def learned(manifest):
    subjects = sorted(manifest["subject"].unique())
    return pd.concat(
        manifest[~manifest["subject"].isin(subjects[fold::3])].assign(repeat=0, fold=fold)
        for fold in range(3)
    )


def alone(rows):
    return rows.drop(columns=["repeat", "fold"])


def test_a_score_is_the_mean_of_the_trainings_scores(trainings, learned, class_names):
    found = score_elsewhere(pd.concat(trainings), learned, class_names, seed=0)
    each = [
        score_elsewhere(alone(rows), alone(learned), class_names, 0)["models"]["student"]
        for rows in trainings
    ]
    student = found["models"]["student"]
    for name in (
        "macro_f1",
        "accuracy",
        "auroc",
        "within_task_balanced_accuracy",
        f"recall_{class_names[0]}",
    ):
        assert student[name] == pytest.approx(np.mean([scores[name] for scores in each]))
    assert student["recordings"]["macro_f1"] == pytest.approx(
        np.mean([scores["recordings"]["macro_f1"] for scores in each])
    )
    assert (student["n_windows"], student["n_subjects"]) == (20, 5)
    assert found["protocol"]["n_trainings"] == 3
    assert found["protocol"]["n_windows"] == 20


def test_an_interval_draws_the_same_people_for_every_training(trainings, learned, class_names, heard):
    """Draw by draw, by hand: people with all of their windows, the score of every training, their mean."""
    from stressid_keras.evaluation.intervals import RESAMPLES, expanded_tail

    found = score_elsewhere(pd.concat(trainings), learned, class_names, seed=4)["models"]["student"]
    draws = np.random.default_rng(4).integers(5, size=(RESAMPLES, 5))
    means = []
    for draw in draws:
        drawn = [pd.concat([rows[rows["subject"] == ABROAD[who]] for who in draw]) for rows in trainings]
        confusions = [np.zeros((3, 3)) for _ in drawn]
        for confusion, rows in zip(confusions, drawn, strict=True):
            np.add.at(confusion, (rows["label"], rows["predicted"]), 1)
        f1 = [np.mean(2 * np.diag(c) / np.maximum(c.sum(axis=0) + c.sum(axis=1), 1)) for c in confusions]
        means.append(np.mean(f1))
    tail = expanded_tail(5, 0.95)
    assert found["macro_f1_interval"] == pytest.approx(np.quantile(means, [tail, 1 - tail]))


def test_intervals_are_drawn_once_for_all_trainings(trainings, learned, class_names, monkeypatch):
    from stressid_keras.evaluation import intervals
    from stressid_keras.evaluation.metrics import compared_metrics

    drawn, draw = [], intervals.resample_subjects
    monkeypatch.setattr(intervals, "resample_subjects", lambda *how: drawn.append(how) or draw(*how))
    score_elsewhere(pd.concat(trainings), learned, class_names, seed=0)
    assert len(drawn) == len(compared_metrics())


def test_one_training_has_the_scores_of_its_predictions(trainings, learned, class_names):
    rows = alone(trainings[1])
    found = score_elsewhere(rows, alone(learned), class_names, seed=0)["models"]["student"]
    probabilities = rows.filter(regex="^p_").to_numpy()
    expected = classification_metrics(rows["label"].to_numpy(), probabilities, class_names)
    assert {name: found[name] for name in expected} == expected
    assert found["macro_f1_interval"] == list(bootstrap_interval(rows, "macro_f1"))


def test_floors_know_the_classes_of_each_trainings_own_people(trainings, learned, class_names):
    one = learned[learned["fold"] == 0].assign(
        label=2
    )  # of which the floor makes a class that is always named
    changed = pd.concat([one, learned[learned["fold"] > 0].assign(label=0)])
    found = score_elsewhere(pd.concat(trainings), changed, class_names, seed=0)["floors"]
    labels = trainings[0]["label"]
    expected = np.mean([np.mean(labels == 2), np.mean(labels == 0), np.mean(labels == 0)])
    assert found["majority_accuracy"] == pytest.approx(expected)


def test_a_score_that_some_trainings_do_not_define_is_that_of_the_others(trainings, learned, class_names):
    silent = trainings[0].assign(
        predicted=1, **{f"p_{name}": float(name == class_names[1]) for name in class_names}
    )
    found = score_elsewhere(pd.concat([silent, *trainings[1:]]), learned, class_names, seed=0)["models"][
        "student"
    ]
    each = [
        score_elsewhere(alone(rows), alone(learned), class_names, 0)["models"]["student"]
        for rows in trainings[1:]
    ]
    name = f"precision_{class_names[0]}"
    assert found[name] == pytest.approx(np.mean([scores[name] for scores in each]))

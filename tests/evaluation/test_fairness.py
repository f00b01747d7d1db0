import json

import numpy as np
import pandas as pd
import pytest

from stressid_keras.evaluation import bootstrap_interval, classification_metrics, predictions_table
from stressid_keras.evaluation.fairness import group_difference, group_scores

NAMES = ("Low", "Medium", "High")


def predicted(rng, skills, model="student", windows=6):
    """Test windows of one subject per skill: how often the right class is named."""
    subjects = np.repeat([f"s{n:02}" for n in range(len(skills))], windows)
    labels = np.tile(np.arange(windows) % 3, len(skills))
    right = rng.random(len(labels)) < np.repeat(skills, windows)
    said = np.where(right, labels, rng.integers(3, size=len(labels)))
    rows = pd.DataFrame({"subject": subjects, "task": "Math", "label": labels})
    rows["window"] = np.tile(np.arange(windows), len(skills))
    return predictions_table(
        model, "test", rows.assign(recording=rows["subject"] + "_Math"), np.eye(3)[said], NAMES
    )


def groups_of(names):
    return pd.Series(names, index=[f"s{n:02}" for n in range(len(names))])


FIVE_AND_FOUR = groups_of(["female"] * 5 + ["male"] * 4)


def test_each_group_is_scored_as_if_it_were_alone():
    predictions = predicted(np.random.default_rng(0), [0.7] * 9)
    scores = group_scores(predictions, FIVE_AND_FOUR, NAMES, seed=3)["student"]["groups"]
    women = predictions[predictions["subject"] <= "s04"]
    expected = classification_metrics(women["label"], women[[f"p_{n}" for n in NAMES]], NAMES)
    for metric in ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1"):
        assert scores["female"][metric] == expected[metric]
    assert scores["female"]["macro_f1_interval"] == list(bootstrap_interval(women, "macro_f1", seed=3))
    assert [(s["n_subjects"], s["n_windows"]) for s in scores.values()] == [(5, 30), (4, 24)]
    assert scores["male"]["class_counts"] == {"Low": 8, "Medium": 8, "High": 8}


def test_the_difference_is_that_of_the_two_largest_stated_groups():
    predictions = predicted(np.random.default_rng(0), [0.9] * 3 + [0.2] * 4 + [0.5] * 8)
    groups = groups_of(["a"] * 3 + ["b"] * 4 + ["not stated"] * 5)  # three subjects are not in it
    found = group_scores(predictions, groups, NAMES, seed=0)["student"]
    assert list(found["groups"]) == ["b", "a", "not stated"]
    assert found["groups"]["not stated"]["n_subjects"] == 8
    scores, difference = found["groups"], found["difference"]
    assert (difference["first"], difference["second"], difference["metric"]) == ("b", "a", "macro_f1")
    assert difference["difference"] == pytest.approx(scores["b"]["macro_f1"] - scores["a"]["macro_f1"])
    assert difference["low"] < difference["difference"] < difference["high"] < 0


def test_groups_of_fewer_than_two_people_are_not_compared():
    predictions = predicted(np.random.default_rng(0), [0.7] * 9)
    found = group_scores(predictions, groups_of(["female"] * 8 + ["male"]), NAMES, seed=0)["student"]
    assert found["difference"] is None
    assert found["groups"]["male"]["macro_f1_interval"] == [None, None]


def test_only_test_windows_count_and_every_model_is_scored():
    rng = np.random.default_rng(0)
    tables = [predicted(rng, [0.7] * 9, model) for model in ("teacher", "student")]
    train = predicted(rng, [0] * 9).assign(split="train")
    with_train = group_scores(pd.concat([*tables, train]), FIVE_AND_FOUR, NAMES, seed=0)
    assert with_train == group_scores(pd.concat(tables), FIVE_AND_FOUR, NAMES, seed=0)
    assert list(with_train) == ["teacher", "student"]
    assert json.loads(json.dumps(with_train)) == with_train


def test_without_test_windows_or_known_groups_there_is_little_to_say():
    predictions = predicted(np.random.default_rng(0), [0.7] * 9)
    assert group_scores(predictions.iloc[:0], FIVE_AND_FOUR, NAMES, seed=0) == {}
    found = group_scores(predictions, pd.Series(dtype=str), NAMES, seed=0)["student"]
    assert list(found["groups"]) == ["not stated"]
    assert found["difference"] is None


def test_the_interval_of_groups_that_do_not_differ_holds_zero_about_as_often_as_it_says():
    """Subjects differ, and the windows of one resemble each other."""
    rng, held = np.random.default_rng(0), []
    for _ in range(400):
        first, second = (predicted(rng, rng.beta(2, 2, size=12)) for _ in range(2))
        difference = group_difference(first, second, seed=0)
        held.append(difference["low"] <= 0 <= difference["high"])
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)

import json

import pandas as pd
import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import (
    bootstrap_interval,
    classification_metrics,
    compare_models,
    floor_predictions,
    model_agreement,
    probabilities_of,
    score_folds,
    score_run,
)
from stressid_keras.reporting.tables import further_rows, score_table


def test_every_model_split_and_floor_is_scored(run, class_names):
    predictions, train, metrics = run
    assert list(metrics) == ["teacher", "student", "student_ce", "floors", "comparisons", "protocol"]
    rows = predictions[(predictions["model"] == "student") & (predictions["split"] == "test")]
    found = metrics["student"]["test"]
    expected = classification_metrics(rows["label"], probabilities_of(rows, class_names), class_names)
    assert {name: found[name] for name in expected} == expected
    assert found["macro_f1_interval"] == list(bootstrap_interval(rows, "macro_f1", seed=0))
    assert found["n_subjects"] == 3
    lookup = classification_metrics(
        rows["label"], floor_predictions(train, rows, 3)["task_lookup"], class_names
    )
    assert metrics["floors"]["test"]["task_lookup_macro_f1"] == lookup["macro_f1"]
    assert "majority_accuracy" in metrics["floors"]["val"]


def test_the_prior_is_better_calibrated_than_the_majority(run):
    floors = run[2]["floors"]["test"]
    assert floors["prior_macro_f1"] == floors["majority_macro_f1"]
    assert floors["prior_brier"] < floors["majority_brier"]
    rows = {row[0]: row for row in further_rows(run[2])}
    assert rows["floor: prior"][4] == f"{floors['prior_brier']:.3f}"


def test_recordings_are_scored_by_the_mean_of_their_windows(manifest, predict, class_names):
    first = manifest[manifest["subject"] == "c003"]
    rows = pd.concat([first, first.assign(window=1)], ignore_index=True)
    predictions = predict("student", "test", rows, skill=0.5)
    train = manifest[manifest["subject"] == "a001"]
    found = score_run(predictions, class_names, train, 0)["student"]["test"]["recordings"]
    means = predictions.groupby("recording", sort=False)[["p_Low", "p_Medium", "p_High"]].mean().to_numpy()
    assert found["n_recordings"] == len(first)
    assert found["accuracy"] == (means.argmax(axis=1) == first["label"].to_numpy()).mean()


def test_protocol_says_what_was_scored(run):
    protocol = run[2]["protocol"]
    assert protocol["splits"]["test"] == {
        "n_subjects": 3,
        "n_windows": 12,
        "class_counts": {"Low": 4, "Medium": 4, "High": 4},
    }
    assert protocol["splits"]["train"]["n_subjects"] == 4
    assert (protocol["seed"], protocol["bootstrap_resamples"], protocol["confidence"]) == (0, 1000, 0.95)


def test_metrics_survive_strict_json(run):
    assert json.loads(json.dumps(run[2], allow_nan=False)) == run[2]


def test_same_predictions_give_the_same_scores(run, class_names):
    predictions, train, metrics = run
    assert score_run(predictions.sample(frac=1, random_state=0), class_names, train, 0) == metrics


def test_a_class_absent_from_test_is_none_and_counted_zero(manifest, predict, class_names):
    rows = manifest[(manifest["subject"] == "c003") & (manifest["label"] != 1)]
    train = manifest[manifest["subject"] == "a001"]
    metrics = score_run(predict("student", "test", rows), class_names, train[["task", "label"]], 0)
    assert metrics["student"]["test"]["recall_Medium"] is None
    assert metrics["protocol"]["splits"]["test"]["class_counts"]["Medium"] == 0
    assert metrics["protocol"]["splits"]["train"]["n_subjects"] is None
    json.dumps(metrics, allow_nan=False)


def test_single_test_subject_has_scores_without_interval(manifest, predict, class_names):
    rows = manifest[manifest["subject"] == "c003"]
    metrics = score_run(
        predict("student", "test", rows), class_names, manifest[manifest["subject"] == "a001"], 0
    )
    assert metrics["student"]["test"]["macro_f1_interval"] == [None, None]
    assert "1 subject, 4 windows" in score_table(metrics)


def test_floors_are_scored_on_the_windows_of_the_student(manifest, predict, class_names):
    train = manifest[manifest["subject"] == "a001"]
    more = manifest[manifest["subject"].isin(["b001", "c003"])]
    fewer = more[more["subject"] == "c003"]
    both = pd.concat([predict("teacher", "test", more), predict("student", "test", fewer)])
    metrics = score_run(both, class_names, train, 0)
    assert metrics["protocol"]["splits"]["test"]["n_windows"] == 4
    assert "teacher (on 8 windows)" in score_table(metrics)


def test_table_shows_models_floors_and_protocol(run):
    title, *lines = score_table(run[2]).splitlines()
    assert title == "test: one split by subject, 3 subjects, 12 windows (Low 4, Medium 4, High 4), seed 0"
    text = "\n".join(lines)
    names = (
        "teacher",
        "student",
        "same student, cross-entropy alone",
        "floor: majority",
        "floor: task lookup",
    )
    positions = [text.index(f"\n{name}") for name in names]
    assert positions == sorted(positions)
    low, high = run[2]["student"]["test"]["macro_f1_interval"]
    assert f"{run[2]['student']['test']['macro_f1']:.3f}  [{low:.3f}, {high:.3f}]" in text


def test_table_of_a_split_without_scores_is_refused(run):
    metrics = {**run[2], "floors": {}}
    with pytest.raises(StressIDError, match="no scores for split 'test'; found none"):
        score_table(metrics)


def test_a_subject_in_two_splits_is_refused(run, manifest, predict, class_names):
    predictions, train, _ = run
    leaked = pd.concat([predictions, predict("student", "test", manifest[manifest["subject"] == "b001"])])
    with pytest.raises(StressIDError, match="subject b001 is in two splits"):
        score_run(leaked, class_names, train, 0)
    with pytest.raises(StressIDError, match="subject 0012 is in two splits"):
        score_run(predictions, class_names, manifest, 0)


def test_doubled_windows_and_unknown_names_are_refused(run, class_names):
    predictions, train, _ = run
    with pytest.raises(StressIDError, match="twice"):
        score_run(pd.concat([predictions, predictions.iloc[:1]]), class_names, train, 0)
    with pytest.raises(StressIDError, match="model 'oracle' is unknown"):
        score_run(predictions.assign(model="oracle"), class_names, train, 0)
    with pytest.raises(StressIDError, match="no predictions"):
        score_run(predictions.iloc[:0], class_names, train, 0)


def test_models_are_compared_on_the_same_windows(run, class_names):
    predictions, train, metrics = run
    test = predictions[predictions["split"] == "test"]
    tables = [test[test["model"] == model] for model in ("student", "student_ce")]
    found = metrics["comparisons"]["student_minus_student_ce"]["test"]
    assert found["macro_f1"] == compare_models(*tables, "macro_f1")
    assert found["agreement"] == model_agreement(*tables)["agreement"]
    fewer = predictions.drop(tables[0].index[:3])  # the teacher sees windows that the student does not
    scores = score_run(fewer, class_names, train, seed=0)["comparisons"]["teacher_minus_student"]["test"]
    teacher = test[test["model"] == "teacher"].iloc[3:]
    assert scores["macro_f1"] == compare_models(teacher, tables[0].iloc[3:], "macro_f1")


def test_the_student_is_compared_with_every_baseline_that_hears_what_it_hears(run, predict, class_names):
    predictions, train, _ = run
    rows = predictions[(predictions["model"] == "student") & (predictions["split"] == "test")]
    baselines = ("audio_svm", "speech_logistic_regression", "physiology_svm")
    tables = [predict(name, "test", rows, 0.7) for name in baselines]
    compared = score_run(pd.concat([predictions, *tables]), class_names, train, seed=0)["comparisons"]
    assert {pair for pair in compared if pair.removeprefix("student_minus_") in baselines} == {
        "student_minus_audio_svm",
        "student_minus_speech_logistic_regression",
    }
    difference = compared["student_minus_speech_logistic_regression"]["test"]["macro_f1"]
    assert difference == compare_models(rows, tables[1], "macro_f1")


def test_table_ends_with_the_differences(run):
    lines = score_table(run[2]).splitlines()[-3:]
    assert lines[0].startswith("student - control: macro F1 ")
    assert "; they agree on " in lines[2]
    assert "p = " in lines[1]


def test_single_model_is_compared_with_nothing(run, class_names):
    predictions, train, _ = run
    metrics = score_run(predictions[predictions["model"] == "teacher"], class_names, train, seed=0)
    assert metrics["comparisons"] == {}


@pytest.fixture(scope="module")
def folds(manifest, predict):
    """Three folds of three subjects, twice, the second time divided otherwise; and their training rows."""
    subjects = sorted(manifest["subject"].unique())
    tables, train = [], []
    for repeat, order in enumerate((subjects, subjects[::2] + subjects[1::2])):
        for fold in range(3):
            tested = manifest["subject"].isin(order[3 * fold : 3 * fold + 3])
            place = {"repeat": repeat, "fold": fold}
            for model, skill in (("teacher", 2.0), ("student", 1.0), ("student_ce", 0.2 + repeat)):
                tables.append(predict(model, "test", manifest[tested], skill).assign(**place))
            train.append(manifest[~tested].assign(**place))
    return pd.concat(tables, ignore_index=True), pd.concat(train, ignore_index=True)


def test_folds_are_scored_together(folds, manifest, class_names):
    predictions, train = folds
    metrics = score_folds(predictions, train, class_names, seed=0)
    assert metrics["protocol"]["name"] == "3 folds by subject, 2 times"
    assert metrics["protocol"]["splits"]["test"]["n_windows"] == len(manifest)
    rows = predictions[predictions["model"] == "student"]
    expected = classification_metrics(rows["label"], probabilities_of(rows, class_names), class_names)
    assert metrics["student"]["test"]["macro_f1"] == pytest.approx(expected["macro_f1"])
    assert metrics["student"]["test"]["n_subjects"] == 9
    assert score_folds(predictions.sample(frac=1, random_state=1), train, class_names, seed=0) == metrics
    assert "test: 3 folds by subject, 2 times, 9 subjects, 36 windows" in score_table(metrics)


def test_floors_of_a_fold_are_fitted_on_its_own_training_rows(folds, class_names):
    predictions, train = folds
    found = score_folds(predictions, train, class_names, seed=0)["floors"]["test"]
    hits = []
    for fold, rows in predictions[predictions["model"] == "student"].groupby(["repeat", "fold"]):
        own = train[(train["repeat"] == fold[0]) & (train["fold"] == fold[1])]
        floor = floor_predictions(own, rows, 3)["task_lookup"].argmax(axis=1)
        hits.extend(floor == rows["label"])
    assert found["task_lookup_accuracy"] == pytest.approx(sum(hits) / len(hits))


def test_subject_that_a_fold_trains_and_tests_on_is_refused(folds, class_names):
    predictions, train = folds
    leaked = predictions[predictions["fold"] == 0].iloc[[0]]
    row = (
        train[(train["fold"] == 0) & (train["repeat"] == 0)]
        .iloc[[0]]
        .assign(subject=leaked["subject"].iloc[0])
    )
    with pytest.raises(StressIDError, match="is in two splits"):
        score_folds(predictions, pd.concat([train, row]), class_names, seed=0)


def test_as_many_folds_as_subjects_leave_one_out(manifest, predict, class_names):
    tables, train = [], []
    for fold, subject in enumerate(manifest["subject"].unique()):
        tested = manifest["subject"] == subject
        tables.append(predict("student", "test", manifest[tested]).assign(repeat=0, fold=fold))
        train.append(manifest[~tested].assign(repeat=0, fold=fold))
    metrics = score_folds(pd.concat(tables), pd.concat(train), class_names, seed=0)
    assert metrics["protocol"]["name"] == "leave one subject out"

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stressid_keras.analysis.probes import findings
from stressid_keras.evaluation import predictions_table, score_run

NAMES = ("Low", "Medium", "High")


def one(metrics, *words):
    """The only finding, which holds all words."""
    (found,) = findings(metrics)
    for word in words:
        assert word in found, found
    return found


def test_nothing_to_say_of_nothing():
    assert findings({}) == []


@pytest.fixture(scope="module")
def constant_run():
    """A student that always names the class that is most frequent in training, and its scores."""
    rows = pd.DataFrame(
        [
            {"recording": f"{s}_{t}", "subject": s, "task": t, "window": 0, "label": label}
            for s in ("a", "b", "c", "d")
            for t, label in (("Math", 2), ("Stroop", 2), ("Reading", 0), ("Speaking", 1))
        ]
    )
    rows["task"] = "Speaking"  # a task that gives nothing away
    train, test = rows[rows["subject"].isin(["a", "b"])], rows[rows["subject"].isin(["c", "d"])]
    always = np.tile([0.1, 0.2, 0.7], (len(test), 1))
    return score_run(predictions_table("student", "test", test, always, NAMES), NAMES, train, seed=0)


def test_constant_predictions_are_seen_and_score_as_the_floors_do(constant_run):
    floors = constant_run["floors"]["test"]
    for metric in ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1"):
        assert constant_run["student"]["test"][metric] == floors[f"majority_{metric}"]
    found = findings(constant_run)
    assert any(
        "A single class, High, is predicted for every test window by student." in each for each in found
    )
    assert any("No better than" in each for each in found)


@pytest.mark.parametrize("floor", ["majority", "prior", "task_lookup"])
def test_a_floor_as_good_as_a_model_is_told_and_one_below_is_not(floor):
    metrics = {"teacher": {"test": {"macro_f1": 0.4}}, "floors": {"test": {f"{floor}_macro_f1": 0.4}}}
    one(metrics, "No better than", "(macro F1 0.400), which needs no recording: teacher (0.400)")
    metrics["floors"]["test"][f"{floor}_macro_f1"] = 0.39
    assert findings(metrics) == []


def test_presence_as_good_as_a_model_is_told():
    metrics = {
        "student_ce": {"test": {"macro_f1": 0.5}},
        "probes": {"availability": {"macro_f1": 0.7}},
    }
    one(metrics, "Which files exist", "0.700", "control (0.500)", "zeros")
    metrics["probes"]["availability"]["macro_f1"] = 0.49
    assert findings(metrics) == []


def test_presence_that_says_no_more_than_the_majority_is_no_finding():
    metrics = {
        "student": {"test": {"macro_f1": 0.2}},
        "probes": {"availability": {"macro_f1": 0.225, "majority_macro_f1": 0.225}},
    }
    assert findings(metrics) == []


def test_a_classical_baseline_that_does_better_is_told():
    metrics = {
        "teacher": {"test": {"macro_f1": 0.8}},
        "student": {"test": {"macro_f1": 0.5}},
        "baselines": {
            "audio_svm": {"test": {"macro_f1": 0.6}},
            "audio_knn": {"test": {"macro_f1": 0.55}},
            "physiology_svm": {"test": {"macro_f1": 0.7}},
        },
    }
    one(metrics, "audio features, SVM (0.600) than student (0.500)")


@pytest.mark.parametrize(("ends", "told"), [([0.3, 0.7], True), ([0.4, 0.7], False), ([None, None], True)])
def test_other_data_on_which_nothing_is_shown_are_told(ends, told):
    model = {"balanced_accuracy": 0.5, "balanced_accuracy_interval": ends}
    floors = {"majority_balanced_accuracy": 1 / 3, "prior_balanced_accuracy": 1 / 3}
    metrics = {"also_tested": [{"name": "abroad", "models": {"student": model}, "floors": floors}]}
    if told:
        one(
            metrics,
            "On abroad, of which it had heard nothing, the student is not shown to recognise anything",
            "UAR 0.500; without a recording 0.333",
        )
    else:
        assert findings(metrics) == []


def test_what_one_model_does_not_show_on_other_data_is_not_said_of_another():
    shown = {"balanced_accuracy": 0.6, "balanced_accuracy_interval": [0.5, 0.7]}
    unshown = {"balanced_accuracy": 0.4, "balanced_accuracy_interval": [0.3, 0.5]}
    floors = {"majority_balanced_accuracy": 1 / 3}
    other = {"name": "abroad", "models": {"student": shown, "student_ce": unshown}, "floors": floors}
    found = one(
        {"also_tested": [other]}, "the control is not shown to recognise anything: UAR 0.400", "its interval"
    )
    assert "student" not in found
    assert "no interval" not in found
    other["models"]["student"] = unshown
    assert len(findings({"also_tested": [other]})) == 2


def test_what_several_models_share_is_one_finding():
    audit = {
        model: {"by_subject": {"macro_f1": 0.4}, "random": {"macro_f1": leaky}}
        for model, leaky in (("teacher", 0.5), ("audio_svm", 0.9), ("student", 0.41))
    }
    one(
        {"leakage_audit": audit},
        "audio features, SVM 0.900 instead of 0.400; teacher 0.500 instead of 0.400.",
    )


def test_every_pair_of_names_that_may_be_one_person_is_told():
    pair = {"first": "2ea4", "second": "b7k1", "share": 1.1, "p_value": 0.0021, "identical_recordings": 0}
    copies = {**pair, "second": "zz99", "identical_recordings": 7, "p_value": None}
    alike, same = findings({"probes": {"duplicates": [pair, copies]}})
    assert "2ea4 and b7k1 are more alike than two people are (p = .002" in alike
    assert "7 recordings of 2ea4 and zz99 are identical" in same


@pytest.mark.parametrize(("random", "told"), [(0.45, True), (0.44, False), (0.3, False)])
def test_a_random_split_that_flatters_is_told(random, told):
    audit = {"student": {"by_subject": {"macro_f1": 0.4}, "random": {"macro_f1": random}, "inflation": 0}}
    assert bool(findings({"leakage_audit": audit})) == told


def test_a_teacher_that_knows_its_people_by_heart_is_told():
    metrics = {"teacher": {"test": {"macro_f1": 0.55}}, "teacher_knowledge": {"trained": 0.77}}
    one(metrics, "by heart: macro F1 0.770 on them, 0.550 on held-out people", "add cross-fit")
    metrics["teacher_knowledge"]["cross_fitted"] = 0.56
    one(
        metrics,
        "teachers that had not seen them 0.560",
        "The student learned from those that had not seen them",
    )
    metrics["method"] = {"method": "generalised+forest+chosen-share"}
    one(metrics, "The student did not learn from it")
    metrics["teacher"]["test"]["macro_f1"] = 0.7
    assert findings(metrics) == []


def test_a_student_that_took_no_soft_labels_is_said_to_be_the_control():
    one({"method": {"shares": [0.0, 0.0]}}, "The student is the control", "none was best")
    assert findings({"method": {"shares": [0.0, 0.5]}}) == []
    assert findings({"method": {"shares": []}}) == []


def test_that_no_measure_can_be_heard_is_told():
    kept, none = ({"ecg": {"of": 3, "kept": names}} for names in (["ecg_mean"], []))
    one({"method": {"hearable": [none, none]}}, "No measure of signals and face was regressed")
    assert findings({"method": {"hearable": [none, kept]}}) == []


@pytest.mark.parametrize(("times", "told"), [(3.0, True), (2.9, False), (None, False)])
def test_features_that_recognise_people_are_told(times, told):
    assert bool(findings({"probes": {"identity": {"student": {"times_chance": times}}}})) == told


@pytest.mark.parametrize(
    ("low", "high", "needed", "words"),
    [
        (-0.1, 0.2, 140, "about 140 subjects"),
        (-0.1, 0.2, None, "more subjects, or repeats"),
        (0.01, 0.1, 20, "is better than the control on 12 subjects"),
        (-0.2, -0.01, 20, "is worse than the control"),
    ],
)
def test_what_the_comparison_with_the_control_allows_to_say_is_said(low, high, needed, words):
    compared = {
        "difference": (low + high) / 2,
        "low": low,
        "high": high,
        "subjects_needed": needed,
        "n_subjects": 12,
    }
    one({"comparisons": {"student_minus_student_ce": {"test": {"macro_f1": compared}}}}, words)


def test_probabilities_that_promise_too_much_are_told():
    one({"student": {"test": {"calibration_error": 0.16}}}, "0.16", "calibrate")
    assert findings({"student": {"test": {"calibration_error": 0.15}}}) == []


leaves = st.none() | st.booleans() | st.floats() | st.text(max_size=3) | st.integers(-3, 3)
keys = st.sampled_from(
    [
        "teacher",
        "student",
        "test",
        "macro_f1",
        "confusion_matrix",
        "calibration_error",
        "floors",
        "majority_macro_f1",
        "probes",
        "availability",
        "duplicates",
        "identity",
        "times_chance",
        "leakage_audit",
        "by_subject",
        "random",
        "comparisons",
        "student_minus_student_ce",
        "low",
        "high",
        "difference",
        "first",
        "second",
        "p_value",
        "identical_recordings",
        "protocol",
        "class_names",
        "also_tested",
        "models",
        "balanced_accuracy",
        "balanced_accuracy_interval",
        "majority_balanced_accuracy",
    ]
)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=30,
)


@settings(max_examples=80)
@given(st.dictionaries(keys, anything, max_size=8))
def test_whatever_is_absent_or_strange_is_passed_over(metrics):
    for sentence in findings(metrics):
        assert isinstance(sentence, str)
        assert sentence.endswith(".")


def test_findings_are_the_same_after_a_journey_through_json(constant_run):
    assert findings(json.loads(json.dumps(constant_run))) == findings(constant_run)

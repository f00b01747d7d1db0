"""Methods with known gains, made up: what a comparison must find, and what it must not."""

import csv

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import (
    compare_models,
    gap_closed,
    holm,
    predictions_table,
)
from stressid_keras.studies.comparison_scores import comparison_table, method_scores, write_comparison_report

from ..made_windows import windows_of

NAMES = ("Low", "Medium", "High")
TASKS = ("Math", "Reading", "Stroop")
SUBJECTS = [f"s{number:02}" for number in range(15)]
FOLDS, REPEATS = 3, 2


@pytest.fixture(scope="module")
def manifest():
    return windows_of(SUBJECTS, TASKS).assign(fold=lambda table: table["subject"].map(SUBJECTS.index) % FOLDS)


@pytest.fixture(scope="module")
def train_rows(manifest):
    return pd.concat(
        manifest[manifest["fold"] != fold].assign(fold=fold, repeat=repeat)
        for fold in range(FOLDS)
        for repeat in range(REPEATS)
    )


@pytest.fixture(scope="module")
def answer(manifest):
    """answer(model, skill, seed) → predictions that are right with that probability, and else by the seed's chance."""

    def answer(model, skill, seed=0):
        tables = []
        for repeat in range(REPEATS):
            rng = np.random.default_rng([seed, repeat])
            labels = manifest["label"].to_numpy()
            right = rng.random(len(labels)) < skill
            predicted = np.where(right, labels, (labels + rng.integers(1, 3, len(labels))) % 3)
            table = predictions_table(model, "test", manifest, np.eye(3)[predicted], NAMES)
            tables.append(table.assign(repeat=repeat, fold=manifest["fold"].to_numpy()))
        return pd.concat(tables, ignore_index=True)

    return answer


@pytest.fixture(scope="module")
def predictions(answer):
    skills = {
        "student_ce": 0.4,
        "student_gain": 0.75,
        "student_same": 0.4,
        "teacher": 0.95,
        "teacher_without_ecg": 0.9,
        "teacher_only_ecg": 0.4,
    }
    return pd.concat([answer(model, skill) for model, skill in skills.items()], ignore_index=True)


@pytest.fixture(scope="module")
def found(predictions, train_rows):
    names = {"student_gain": "gain+more", "student_same": "same"}
    seconds = {"student_gain": 12.0, "teacher": 30.0}
    return method_scores(predictions, train_rows, names, NAMES, 3, seconds)


def test_a_method_stands_beside_its_controls(answer, train_rows, tmp_path):
    names = {
        "student_a": "generalised+forest",
        "student_b": "generalised+forest+permuted",
        "student_c": "generalised+born-again",
        "student_d": "mars",
    }
    skills = {"student_ce": 0.4, "student_a": 0.8, "student_b": 0.75, "student_c": 0.4, "student_d": 0.5}
    predictions = pd.concat(
        [
            answer(model, skill)
            for model, skill in {**skills, "teacher": 0.9, "teacher_only_ecg": 0.8}.items()
        ],
        ignore_index=True,
    )
    found = method_scores(predictions, train_rows, names, NAMES, 3, {})
    pairs = [(row["name"], row["control"]) for row in found["controls"]]
    assert pairs == [
        ("generalised+forest", "generalised+forest+permuted"),
        ("generalised+forest", "generalised+born-again"),
    ]
    own, permuted, again = (
        predictions[predictions["model"] == f"student_{letter}"] for letter in ("a", "b", "c")
    )
    for row, control in zip(found["controls"], (permuted, again), strict=True):
        expected = compare_models(own, control, seed=3)
        assert (row["difference"], row["low"], row["high"]) == (
            expected["difference"],
            expected["low"],
            expected["high"],
        )
        assert len(row["difference_by_seed"]) == REPEATS
    write_comparison_report(tmp_path, found)
    text = (tmp_path / "comparison.html").read_text(encoding="utf-8")
    assert "What the other modalities are worth" in text
    assert "What the other modalities are worth" in comparison_table(found)
    with (tmp_path / "comparison.csv").open(encoding="utf-8") as file:
        kinds = [row["kind"] for row in csv.DictReader(file)]
    assert kinds.count("control") == 2


def test_without_controls_nothing_is_said_of_them(found, tmp_path):
    assert found["controls"] == []
    write_comparison_report(tmp_path, found)
    assert "are worth" not in (tmp_path / "comparison.html").read_text(encoding="utf-8")
    assert "are worth" not in comparison_table(found)


def test_planted_gain_is_found(found):
    _, gain, _ = found["methods"]
    assert gain["low"] > 0
    assert gain["p_value"] < gain["p_holm"] < 0.01
    assert gain["balanced_accuracy_low"] < gain["balanced_accuracy"] < gain["balanced_accuracy_high"]
    assert gain["uar_low"] > 0
    assert 0.3 < gain["gap_closed_low"] < gain["gap_closed"] < gain["gap_closed_high"] < 1
    assert gain["seconds"] == 12.0


def test_identical_predictions_differ_by_nothing(found):
    _, _, same = found["methods"]
    assert same["difference"] == same["low"] == same["high"] == 0
    assert same["gap_closed"] == same["gap_closed_low"] == same["gap_closed_high"] == 0
    assert same["p_value"] == same["p_holm"] == 1
    assert set(same["difference_by_seed"].values()) == {0.0}


def test_control_teacher_and_floors_stand_beside_the_methods(found):
    control, *methods = found["methods"]
    assert control["difference"] is control["gap_closed"] is control["difference_by_seed"] is None
    for method in methods:
        assert method["difference"] == pytest.approx(method["macro_f1"] - control["macro_f1"])
    assert found["teacher"]["difference"] == pytest.approx(found["teacher"]["macro_f1"] - control["macro_f1"])
    assert [floor["name"] for floor in found["floors"]] == ["majority", "prior", "task lookup"]
    assert "3 folds by subject, 2 times, 15 subjects, 45 windows" in found["title"]
    assert "seeds 3 to 4" in found["title"]


def test_each_seed_has_its_difference(found, predictions):
    _, gain, _ = found["methods"]
    assert list(gain["difference_by_seed"]) == ["3", "4"]
    for repeat, difference in enumerate(gain["difference_by_seed"].values()):
        of_repeat = predictions[predictions["repeat"] == repeat]
        pair = (of_repeat[of_repeat["model"] == model] for model in ("student_gain", "student_ce"))
        assert difference == pytest.approx(compare_models(*pair)["difference"])


def test_the_spread_over_seeds_stands_in_every_table(answer, train_rows, tmp_path):
    skills = {"student_ce": 0.4, "student_a": 0.8, "student_b": 0.6, "teacher": 0.9, "teacher_only_ecg": 0.7}
    tables = {model: answer(model, skill, seed) for seed, (model, skill) in enumerate(skills.items())}
    predictions = pd.concat(tables.values(), ignore_index=True)
    names = {"student_a": "generalised", "student_b": "generalised+permuted"}
    found = method_scores(predictions, train_rows, names, NAMES, 3, {})

    def scores(model):
        rows = [tables[model][tables[model]["repeat"] == repeat] for repeat in range(REPEATS)]
        return np.array(
            [f1_score(some["label"], some["predicted"], average="macro", labels=range(3)) for some in rows]
        )

    def deviation(values):
        assert values[0] != values[1]
        return pytest.approx(abs(values[0] - values[1]) / 2**0.5)  # of two, with n - 1

    assert REPEATS == 2
    control, *rows = [*found["methods"], found["teacher"]]
    assert control["macro_f1_sd"] == deviation(scores("student_ce"))
    assert control["difference_sd"] is None
    rows = [(row, "student_ce") for row in rows]
    rows += [(found["controls"][0], "student_b"), (found["teacher_modalities"][0], "teacher")]
    for row, reference in rows:
        own = scores(row["model"])
        assert row["macro_f1_sd"] == deviation(own), row["name"]
        assert row["difference_sd"] == deviation(own - scores(reference)), row["name"]
    write_comparison_report(tmp_path, found)
    with (tmp_path / "comparison.csv").open(encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert float(written[1]["macro_f1_sd"]) == found["methods"][1]["macro_f1_sd"]
    assert float(written[1]["difference_sd"]) == found["methods"][1]["difference_sd"]
    page, screen = (tmp_path / "comparison.html").read_text(encoding="utf-8"), comparison_table(found)
    for row, _ in rows:
        assert f"{row['difference_sd']:.3f}" in screen
        assert f"<td>{row['difference_sd']:.3f}</td>" in page
        assert row is found["controls"][0] or f"{row['macro_f1_sd']:.3f}" in screen


def test_of_one_seed_there_is_no_spread(predictions, train_rows):
    once = predictions[predictions["repeat"] == 0]
    found = method_scores(once, train_rows[train_rows["repeat"] == 0], {"student_gain": "gain"}, NAMES, 0, {})
    assert {row["macro_f1_sd"] for row in found["methods"]} == {None}
    assert found["methods"][1]["difference_sd"] is None
    assert "gain" in comparison_table(found)


def test_modalities_are_compared_with_the_whole_teacher(found):
    rows = {row["name"]: row for row in found["teacher_modalities"]}
    assert list(rows) == ["without ecg", "ecg alone"]
    assert rows["ecg alone"]["high"] < 0
    whole = found["teacher"]["macro_f1"]
    assert rows["without ecg"]["difference"] == pytest.approx(rows["without ecg"]["macro_f1"] - whole)


def test_report_and_terminal_show_every_row(found, tmp_path):
    write_comparison_report(tmp_path, found)
    with open(tmp_path / "comparison.csv") as file:
        rows = list(csv.DictReader(file))
    shown = {
        "cross-entropy (control)",
        "gain+more",
        "same",
        "teacher",
        "without ecg",
        "ecg alone",
        "majority",
    }
    assert shown <= {row["name"] for row in rows}
    assert float(rows[1]["difference_seed3"]) == found["methods"][1]["difference_by_seed"]["3"]
    page, text = (tmp_path / "comparison.html").read_text(), comparison_table(found)
    assert page.count("<svg") == 2
    lines = [line.partition("  ")[0] for line in text.splitlines()]
    for name in shown:
        row = "floor: majority" if name == "majority" else name
        assert f"<td>{row}</td>" in page, "a row of a table, for the sentences name some, too"
        assert row in lines


def test_without_a_teacher_there_is_nothing_to_compare_with(predictions, train_rows):
    alone = predictions[~predictions["model"].str.startswith("teacher")]
    with pytest.raises(StressIDError, match="hold no teacher"):
        method_scores(alone, train_rows, {"student_gain": "gain"}, NAMES, 0, {})


def test_teacher_that_is_no_better_leaves_no_gap_to_close(answer):
    student, control, teacher = answer("student", 0.8), answer("student_ce", 0.6), answer("teacher", 0.3)
    assert set(gap_closed(student, control, teacher).values()) == {None}


def test_interval_has_no_end_where_the_gap_is_not_sure(answer):
    student, control = answer("student", 0.8), answer("student_ce", 0.5)
    teacher = answer("teacher", 0.56, seed=1)
    assert compare_models(teacher, control)["low"] < 0 < compare_models(teacher, control)["difference"]
    found = gap_closed(student, control, teacher)
    assert found["gap_closed"] > 0
    assert found["gap_closed_high"] is None


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=8))
@settings(max_examples=60)
def test_holm_never_lowers_and_keeps_the_order(p_values):
    adjusted = holm(p_values)
    pairs = [(p, q) for p, q in zip(p_values, adjusted, strict=True) if p is not None]
    assert [q is None for q in adjusted] == [p is None for p in p_values]
    assert all(p <= q <= 1 for p, q in pairs)
    in_order = [q for _, q in sorted(pairs)]
    assert in_order == sorted(in_order)


def test_holm_is_that_of_the_textbook():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])

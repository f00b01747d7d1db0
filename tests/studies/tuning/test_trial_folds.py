"""Folds that are trained: what a trial leaves, shares, and says when it fails; and what the winner is worth."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from stressid_keras.studies.tuning.trial_folds import fold_context, inner_folds, outer_folds, score_folds
from stressid_keras.workflow import prepare
from stressid_keras.workflow.part_windows import class_probabilities, network_outputs, part_rows
from stressid_keras.workflow.student_stages import distil_student
from stressid_keras.workflow.training import load_trained

pytestmark = pytest.mark.filterwarnings("ignore:(currentThread|getName):DeprecationWarning")  # of keras-tuner


@pytest.fixture
def folds_of(make_run, tmp_path):
    """folds_of(network, name, **changes of a training) → a run's context, and those of a trial's folds."""
    context = make_run()

    def make(network="student", name="trial", **changes):
        part = f"{network}_training"
        config = context.config
        config = dataclasses.replace(config, **{part: dataclasses.replace(getattr(config, part), **changes)})
        folds = inner_folds(context, 3, 1)
        return [
            fold_context(context, config, network, fold, tmp_path / name / fold.name, tmp_path / "shared")
            for fold in folds
        ]

    return make


def test_trials_share_their_teachers_and_leave_scores_alone(folds_of, tmp_path):
    first = score_folds(folds_of()[:2], "student", "key")
    teachers = {path: path.stat().st_mtime_ns for path in tmp_path.glob("shared/common/*/teacher.keras")}
    assert len(teachers) == 2
    second = score_folds(folds_of(name="other", learning_rate=3e-3)[:2], "student", "key")
    assert {path: path.stat().st_mtime_ns for path in teachers} == teachers
    for scores in (*first, *second):
        assert 0 <= scores["balanced_accuracy"] <= 1
        assert 0 <= scores["macro_f1"] <= 1
    left = {path.name for path in (tmp_path / "trial").rglob("*") if path.is_file()}
    assert left == {"score.json", "predictions.csv"}
    stamp = (tmp_path / "trial/repeat0-fold0/score.json").stat().st_mtime_ns
    assert score_folds(folds_of()[:2], "student", "key") == first
    assert (tmp_path / "trial/repeat0-fold0/score.json").stat().st_mtime_ns == stamp
    assert score_folds(folds_of()[:1], "student", "other windows")[0].keys() == first[0].keys()
    assert (tmp_path / "trial/repeat0-fold0/score.json").stat().st_mtime_ns != stamp


def test_a_teachers_trial_trains_a_teacher(folds_of, tmp_path):
    found = score_folds(folds_of("teacher")[:1], "teacher", "key")
    assert set(found[0]) == {"balanced_accuracy", "macro_f1"}
    table = pd.read_csv(tmp_path / "trial/repeat0-fold0/predictions.csv")
    assert set(table["model"]) == {"teacher"}
    assert not list(tmp_path.rglob("*.keras"))


def test_numbers_that_are_none_are_a_failure(folds_of, tmp_path, monkeypatch):
    from stressid_keras.workflow import part_windows

    monkeypatch.setattr(
        part_windows, "class_probabilities", lambda logits: np.full_like(logits, np.nan, dtype=float)
    )
    found = score_folds(folds_of("teacher")[:2], "teacher", "key")
    assert len(found) == 1
    assert found[0]["failed"].startswith("StressIDError: teacher gave probabilities that are not finite")
    monkeypatch.undo()  # it is not recorded: another time it may go well
    assert "failed" not in score_folds(folds_of("teacher")[:1], "teacher", "key")[0]


def test_a_configuration_scores_as_its_run_does(make_run, tmp_path):
    run = make_run()
    (fold,) = outer_folds(run, 1)
    context = fold_context(run, run.config, "student", fold, tmp_path / "fold", tmp_path / "shared")
    score_folds([context], "student", "key")
    table = pd.read_csv(tmp_path / "fold/predictions.csv")
    distil_student(run)
    outputs = network_outputs(run, load_trained(run.output_dir, "student"), part_rows(run, "test"))
    names = [f"p_{name}" for name in prepare(run).class_names]
    np.testing.assert_allclose(table[names], class_probabilities(outputs["logits"]), atol=1e-6)

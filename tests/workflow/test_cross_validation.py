"""Folds in processes of their own, on a tiny tree: everybody tested once, nothing done twice."""

import json
import os
import signal

import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import read_predictions
from stressid_keras.workflow import CrossValidation, Reporter, Run, cross_validation


class Recorder(Reporter):
    def __init__(self):
        self.worked, self.reused_stages = [], []

    def progress(self, stage, done, values):
        self.worked.append((stage, done))

    def reused(self, stage, files):
        self.reused_stages.append(stage)


def make(tree, folder, config, folds=3, repeats=1, jobs=2):
    run = Run(tree, folder / "prepared", folder / "run", config, reporter=Recorder())
    return CrossValidation(run, folds, repeats, jobs)


@pytest.fixture(scope="module")
def finished(tiny_tree, tiny_config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("folds")
    metrics = make(tiny_tree, folder, tiny_config).evaluate()
    return folder, metrics


def test_every_subject_is_tested_once_and_never_trained_on_there(finished):
    folder, metrics = finished
    table = read_predictions(folder / "run" / "cross_validation" / "predictions.csv")
    windows = table[table["model"] == "student"].groupby(["repeat", "recording", "window"]).size()
    assert set(windows) == {1}
    assert len(windows) == metrics["protocol"]["splits"]["test"]["n_windows"]
    for (repeat, fold), rows in table.groupby(["repeat", "fold"]):
        place = folder / "run" / "cross_validation" / "3-folds" / f"repeat{repeat}" / f"fold{fold}"
        split = json.loads((place / "split.json").read_text())
        assert set(rows["subject"]) == set(split["test"])
        assert not set(split["test"]) & set(split["train"] + split["val"])


def test_scores_are_those_of_all_folds_together(finished):
    folder, metrics = finished
    assert metrics["protocol"]["name"] == "3 folds by subject"
    assert {"teacher", "student", "student_ce", "floors", "comparisons", "protocol"} == set(metrics)
    table = read_predictions(folder / "run" / "cross_validation" / "predictions.csv")
    rows = table[table["model"] == "teacher"]
    assert metrics["teacher"]["test"]["accuracy"] == pytest.approx(
        (rows["label"] == rows["predicted"]).mean()
    )
    assert metrics["teacher"]["test"]["n_subjects"] == rows["subject"].nunique()
    assert "majority_macro_f1" in metrics["floors"]["test"]
    report = (folder / "run" / "cross_validation" / "report.html").read_text()
    assert "3 folds by subject" in report


def test_only_a_missing_fold_is_run_again(finished, tiny_tree, tiny_config):
    folder, metrics = finished
    lost = folder / "run" / "cross_validation" / "3-folds" / "repeat0" / "fold2"
    kept = lost.parent / "fold1" / "teacher.keras"
    before = kept.stat().st_mtime_ns
    (lost / "student.keras").unlink()
    again = make(tiny_tree, folder, tiny_config)
    assert again.evaluate() == metrics
    assert kept.stat().st_mtime_ns == before
    assert "folds" in {stage for stage, _ in again.run.data.reporter.worked}


def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)


def test_killed_process_is_a_sentence():
    with pytest.raises(StressIDError, match="process of a fold was killed"):
        cross_validation._in_own_process(die)


def test_numbers_that_make_no_sense_are_refused(tiny_tree, tiny_config, tmp_path):
    with pytest.raises(StressIDError, match="0 repeats"):
        make(tiny_tree, tmp_path, tiny_config, repeats=0)
    for folds in (0, 2, 7):
        with pytest.raises(StressIDError, match=f"{folds} folds were asked for; expected from 3 to .* 6"):
            make(tiny_tree, tmp_path, tiny_config, folds=folds, jobs=1).evaluate()

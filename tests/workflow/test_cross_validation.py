"""Folds in processes of their own, on a tiny tree: everybody tested once, nothing done twice."""

import dataclasses
import json
import re
import signal
from pathlib import Path

import pytest

from stressid_keras.config import RunConfig, TrainingConfig
from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import read_predictions
from stressid_keras.system.processes import in_own_process
from stressid_keras.workflow import Fold, RunContext, cross_validation, split_people


def test_every_subject_is_tested_once_and_never_trained_on_there(finished_folds):
    folds, metrics = finished_folds
    table = read_predictions(folds.folder / "predictions.csv")
    windows = table[table["model"] == "student"].groupby(["repeat", "recording", "window"]).size()
    assert set(windows) == {1}
    assert len(windows) == metrics["protocol"]["splits"]["test"]["n_windows"]
    for (repeat, fold), rows in table.groupby(["repeat", "fold"]):
        place = folds.folder / "3-folds" / f"repeat{repeat}" / f"fold{fold}"
        split = json.loads((place / "split.json").read_text())
        assert set(rows["subject"]) == set(split["test"])
        assert not set(split["test"]) & set(split["train"])
        assert set(split["test"] + split["train"]) == set(table["subject"])
        assert split["val"] == []  # the last epoch is kept: nobody is needed to choose one
        assert "val_uar" not in (place / "history_student.csv").read_text()


@pytest.mark.parametrize("network", ["teacher_training", "student_training"])
def test_folds_have_people_to_validate_on_where_they_choose_the_epoch(
    network, tiny_tree, tiny_store, tiny_config, tmp_path
):
    config = dataclasses.replace(tiny_config, **{network: TrainingConfig(kept="best")})
    context = RunContext(tiny_tree, tiny_store.path, tmp_path, config, fold=Fold(0, 3))
    assert all(split_people(context).parts.values())


def test_scores_are_those_of_all_folds_together(finished_folds):
    folds, metrics = finished_folds
    assert metrics["protocol"]["name"] == "3 folds by subject"
    networks, beside = (
        {"teacher", "student", "student_ce"},
        {"floors", "baselines", "probes", "leakage_audit", "method", "teacher_knowledge"},
    )
    assert networks | beside | {"comparisons", "protocol", "robustness", "fairness", "findings"} == set(
        metrics
    )
    table = read_predictions(folds.folder / "predictions.csv")
    rows = table[table["model"] == "teacher"]
    assert metrics["teacher"]["test"]["accuracy"] == pytest.approx(
        (rows["label"] == rows["predicted"]).mean()
    )
    assert metrics["teacher"]["test"]["n_subjects"] == rows["subject"].nunique()
    assert "majority_macro_f1" in metrics["floors"]["test"]
    report = (folds.folder / "report.html").read_text()
    assert "<caption>test: 3 folds by subject, 6 subjects, 18 windows (" in report


def test_leaky_folds_are_apart_and_share_their_people(finished_folds):
    folds, metrics = finished_folds
    splits = [
        json.loads(path.read_text())
        for path in (folds.folder / "3-leaky-folds").glob("repeat0/fold*/split.json")
    ]
    assert len(splits) == 3
    assert all(split["unit"] == "recording" for split in splits)
    people = [{name.partition("_")[0] for name in splits[0][part]} for part in ("train", "test")]
    assert people[0] & people[1]
    audit = metrics["leakage_audit"]["student"]
    assert audit["by_subject"]["macro_f1"] == pytest.approx(metrics["student"]["test"]["macro_f1"])
    assert audit["inflation"] == pytest.approx(audit["random"]["macro_f1"] - audit["by_subject"]["macro_f1"])


def test_every_title_names_protocol_counts_and_seeds(finished_folds):
    report = (finished_folds.folds.folder / "report.html").read_text()
    captions = re.findall("<caption>(.*?)</caption>", report)
    scored = [caption for caption in captions if "folds by subject" in caption]
    assert len(scored) >= 6
    for caption in scored:
        assert "6 subjects, 18 windows (Low 6, Medium 6, High 6), seed 0" in caption


def test_finished_folds_cost_no_process(finished_folds, make_folds, monkeypatch):
    folds, metrics = finished_folds
    monkeypatch.setattr(cross_validation, "in_own_process", None)
    again = make_folds(folds.context.output_dir.parent)
    assert again.evaluate() == metrics
    assert "folds" in again.context.reporter.reused_stages


def test_recipe_prints_what_is_there(finished_folds, folds_recipe):
    printed = folds_recipe("evaluate")
    assert "test: 3 folds by subject, 6 subjects" in printed
    assert "student - control: macro F1 " in printed
    assert "floor: availability (of 18 labelled recordings)" in printed
    assert "Everything is up to date." in printed


def test_only_a_missing_fold_is_run_again(finished_folds, make_folds):
    folds, metrics = finished_folds
    lost = folds.folder / "3-folds" / "repeat0" / "fold2"
    kept = lost.parent / "fold1" / "teacher.keras"
    before = kept.stat().st_mtime_ns
    (lost / "student.keras").unlink()
    again = make_folds(folds.context.output_dir.parent)
    assert again.evaluate() == metrics
    assert kept.stat().st_mtime_ns == before
    assert "folds" in {stage for stage, _ in again.context.reporter.worked}


def test_every_key_of_a_whole_evaluation_is_documented(finished_folds):
    text = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text()
    _, metrics = finished_folds
    for part, keys in {
        "probes.availability.": metrics["probes"]["availability"],
        "probes.identity.<features>.": metrics["probes"]["identity"]["student"],
        "robustness.<model>.<corruption>[].": metrics["robustness"]["student"]["white_noise"][0],
        "leakage_audit.<audited>.": metrics["leakage_audit"]["teacher"],
    }.items():
        for key in keys:
            assert f"`{part}{key}" in text, part + key
    for name in metrics:
        assert f"`{name}" in text or name in ("teacher", "student", "student_ce"), name


def test_workers_of_a_cluster_take_the_folds(finished_folds, make_folds, cluster):
    """What one of them lacks is made by a worker, in a process of its own; the rest stays."""
    folds, metrics = finished_folds
    address, _, _ = cluster(1)
    lost = folds.folder / "3-folds" / "repeat0" / "fold1" / "network_predictions.csv"
    lost.unlink()
    again = make_folds(folds.context.output_dir.parent, scheduler=address)
    assert again.evaluate() == metrics
    assert lost.is_file()
    assert "folds" in {stage for stage, _ in again.context.reporter.worked}


def test_a_process_of_its_own_gives_back_the_result_and_the_error():
    assert in_own_process(divmod, 7, 2) == (3, 1)
    with pytest.raises(StressIDError, match="seed is -1"):
        in_own_process(RunConfig, -1)
    with pytest.raises(StressIDError, match="divmod failed in a process of its own"):
        in_own_process(divmod, 1, 0)


def test_killed_process_is_a_sentence():
    with pytest.raises(StressIDError, match="A process was killed"):
        in_own_process(signal.raise_signal, signal.SIGKILL)


def test_numbers_that_make_no_sense_are_refused(make_folds, tmp_path):
    with pytest.raises(StressIDError, match="repeats is 0; expected a whole number from 1"):
        make_folds(tmp_path, repeats=0)
    for folds in (0, 2):
        with pytest.raises(StressIDError, match=f"folds is {folds}; expected a whole number from 3"):
            make_folds(tmp_path, folds, jobs=1)
    with pytest.raises(StressIDError, match=r"7 folds were asked for; expected from 3 to .* 6"):
        make_folds(tmp_path, 7, jobs=1).evaluate()

"""Students of every subset of the teacher's features, on folds that a cross-validation has or will have."""

import re

import pandas as pd
import pytest

from stressid_keras.config import DatasetConfig, DistillationConfig, RunConfig
from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import read_predictions
from stressid_keras.studies.ablation import Ablation, subsets
from stressid_keras.studies.variants import train_variants
from stressid_keras.workflow import CrossValidation, RunContext
from stressid_keras.workflow.stage import nothing_runs


def test_subsets_keep_some_terms_and_lose_the_others():
    found = subsets(DistillationConfig(alpha=2.0, beta=3.0))
    assert len(found) == 15  # the sixteenth, which imitates nothing, is the control
    assert found["student_video_rr"].weights == {"video": 2.0, "ecg": 0.0, "eda": 0.0, "rr": 1.0}
    assert found["student"] == DistillationConfig(alpha=2.0, beta=3.0)


def test_nothing_to_leave_out_is_refused():
    with pytest.raises(StressIDError, match="alpha to delta are all 0"):
        subsets(DistillationConfig(0.0, 0.0, 0.0, 0.0))


def test_terms_that_are_off_are_not_asked_about():
    assert list(subsets(DistillationConfig(gamma=0.0, delta=0.0))) == [
        "student_video",
        "student_ecg",
        "student",
    ]


def test_features_of_terms_that_are_left_out_are_not_compared_either(tmp_path):
    config = RunConfig(
        dataset=DatasetConfig(teacher_modalities=("ecg", "eda")),
        distillation=DistillationConfig(relational=1.0),
    )
    context = RunContext(tmp_path / "tree", tmp_path / "prepared", tmp_path / "run", config)
    variants = Ablation(CrossValidation(context, 3)).variants.variants
    assert {name: each.distillation.compared for name, each in variants.items()} == {
        "student_ecg": ("ecg",),
        "student_eda": ("eda",),
        "student": ("ecg", "eda"),
    }
    assert variants["student"].distillation == config.distillation


@pytest.fixture(scope="module")
def finished(finished_folds, folds_recipe):
    """What the recipe leaves: its output, and the ablation of the same folder, whose results are there."""
    printed = folds_recipe("ablate")
    ablation = Ablation(finished_folds.folds)
    return ablation, ablation.evaluate(), printed


def test_recipe_trains_and_prints_every_subset(finished):
    ablation, _, printed = finished
    assert re.search(r"video \+ ecg +macro F1 .* minus control", printed)
    assert "ablation" in ablation.context.reporter.reused_stages


def test_every_subset_is_scored_beside_the_control(finished):
    ablation, found, _ = finished
    rows = pd.DataFrame(found["subsets"]).set_index("model")
    assert list(rows["name"]) == ["none (control)", "video", "ecg", "video + ecg"]
    assert pd.isna(rows.loc["student_ce", "difference"])
    difference = rows.loc["student_video", "macro_f1"] - rows.loc["student_ce", "macro_f1"]
    assert rows.loc["student_video", "difference"] == pytest.approx(difference)
    assert "3 folds by subject, 6 subjects, 18 windows" in found["title"]
    predictions = read_predictions(ablation.folder / "predictions.csv")
    assert set(predictions.groupby("model").size()) == {18}
    assert (ablation.folder / "ablation.html").read_text().count("<svg") == 1


def test_finished_students_are_not_trained_again(finished, two_terms):
    ablation, _, _ = finished
    result = ablation.folds.split_results()[0]
    before = {path: path.stat().st_mtime_ns for path in result.folder.rglob("*.keras")}
    with nothing_runs():
        train_variants(
            ablation.folds.fold_context(result),
            kind="ablation",
            distillations=subsets(two_terms.distillation),
            with_teacher=False,
        )
    assert {path: path.stat().st_mtime_ns for path in before} == before

"""Students of several methods, on folds that a cross-validation has or will have; their scores are tested with the
evaluation.
"""

import re

import pandas as pd
import pytest

from stressid_keras.config import DatasetConfig, DistillationConfig, RunConfig
from stressid_keras.distillation import methods_by_name
from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import read_predictions
from stressid_keras.studies.comparison import COMPARED_METHODS, Comparison, method_variants
from stressid_keras.studies.variants import make_common, train_variant, train_variants
from stressid_keras.workflow import CrossValidation, RunContext
from stressid_keras.workflow.stage import WorkToDo, nothing_runs


def test_default_methods_are_every_method_there_is_but_the_one_that_trains_more_teachers():
    named = {name for text in COMPARED_METHODS for name in text.split("+")}
    assert named == set(methods_by_name()) - {"cross-entropy", "cross-fit"}
    assert len(method_variants(COMPARED_METHODS, DistillationConfig())) == len(COMPARED_METHODS)


def test_students_are_named_after_their_method():
    found = method_variants(["mars+projection-hidden", "logits"], DistillationConfig())
    assert list(found) == ["student_mars_projection_hidden", "student_logits"]
    assert found["student_logits"].label == "logits"


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ([], "no method was named"),
        (["no-such-method"], "no-such-method"),
        (["mars", "cross-entropy"], "'cross-entropy' trains with cross-entropy alone"),
        (
            ["mars+projection", "logits", "projection+mars"],
            "'mars\\+projection' and 'projection\\+mars' are the same",
        ),
    ],
)
def test_methods_that_cannot_be_compared_are_refused(methods, message):
    with pytest.raises(StressIDError, match=message):
        method_variants(methods, DistillationConfig())


def test_methods_without_weights_compare_what_the_teacher_has(tmp_path):
    config = RunConfig(dataset=DatasetConfig(teacher_modalities=("ecg", "eda")))
    context = RunContext(tmp_path / "tree", tmp_path / "prepared", tmp_path / "run", config)
    variants = Comparison(CrossValidation(context, 3), ["relational", "mars+contrastive"]).variants.variants
    assert {each.distillation.compared for each in variants.values()} == {("ecg", "eda")}


@pytest.fixture(scope="module")
def finished(finished_folds, folds_recipe):
    """What the recipe leaves: the comparison of the same folder, whose results are there, and times before it."""
    fold = finished_folds.folds.split_results()[0].folder
    before = {path: path.stat().st_mtime_ns for path in fold.glob("*.keras")}
    printed = folds_recipe("compare", "--methods", "mars", "mars+projection")
    assert re.search(r"^mars\+projection +0\.\d+ ", printed, re.MULTILINE)
    assert re.search(r"^without ecg +0\.\d+ ", printed, re.MULTILINE)
    comparison = Comparison(finished_folds.folds, ["mars", "mars+projection"])
    return comparison, comparison.evaluate(), before


def test_recipe_leaves_what_is_found_again(finished):
    comparison, _, _ = finished
    assert "comparison" in comparison.context.reporter.reused_stages


def test_every_method_is_scored_beside_control_and_teacher(finished):
    comparison, found, _ = finished
    assert [row["model"] for row in found["methods"]] == [
        "student_ce",
        "student_mars",
        "student_mars_projection",
    ]
    assert found["teacher"]["model"] == "teacher"
    assert len(found["teacher_modalities"]) == 8
    predictions = read_predictions(comparison.folder / "predictions.csv")
    assert predictions["model"].nunique() == 12
    assert set(predictions.groupby("model").size()) == {18}
    kinds = pd.read_csv(comparison.folder / "comparison.csv")["kind"].value_counts()
    assert dict(kinds) == {"method": 3, "teacher": 1, "teacher modality": 8, "floor": 3}
    assert (comparison.folder / "comparison.html").read_text().count("<svg") == 2


def test_scores_are_those_of_the_evaluation_of_the_same_folds(finished, finished_folds):
    _, found, _ = finished
    control, mars, _ = found["methods"]
    metrics = finished_folds.metrics
    for row, model in ((control, "student_ce"), (mars, "student"), (found["teacher"], "teacher")):
        assert row["macro_f1"] == pytest.approx(metrics[model]["test"]["macro_f1"])
    comparison = metrics["comparisons"]["student_minus_student_ce"]["test"]["macro_f1"]
    assert mars["difference"] == pytest.approx(comparison["difference"])
    assert mars["p_value"] == pytest.approx(comparison["p_value"])


def test_teacher_control_and_the_method_of_the_run_are_not_trained_again(finished):
    comparison, _, before = finished
    fold = comparison.folds.split_results()[0].folder
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert [path.name for path in (fold / "comparison").rglob("*.keras")] == ["student_mars_projection.keras"]


def test_another_method_is_trained_alone_and_only_once(finished, two_terms):
    comparison, _, _ = finished
    result = comparison.folds.split_results()[0]
    folder = result.folder / "comparison"
    variants = method_variants(["mars", "mars+projection", "logits"], two_terms.distillation)

    def train():
        distillations = {model: variant.distillation for model, variant in variants.items()}
        context = comparison.folds.fold_context(result)
        train_variants(context, kind="comparison", distillations=distillations, with_teacher=True)

    trained = folder / "student_mars_projection" / "student_mars_projection.keras"
    before = trained.stat().st_mtime_ns
    with nothing_runs(), pytest.raises(WorkToDo):
        train()
    train()
    assert (folder / "student_logits" / "student_logits.keras").is_file()
    assert trained.stat().st_mtime_ns == before
    with nothing_runs():
        train()


def test_students_that_were_trained_side_by_side_are_found(finished, two_terms):
    """As on a cluster, where each is a call of its own, once what they have in common is there."""
    comparison, _, _ = finished
    context = comparison.folds.fold_context(comparison.folds.split_results()[0])
    relational = method_variants(["relational"], two_terms.distillation)["student_relational"].distillation
    make_common(context, [relational], with_teacher=True)
    trained = train_variant(context, "comparison", "student_relational", relational)
    again = comparison.folds.fold_context(comparison.folds.split_results()[0])
    with nothing_runs():
        assert train_variant(again, "comparison", "student_relational", relational).record == trained.record

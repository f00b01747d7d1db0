"""Model card, report and findings tell of the method that the run used, and of no other."""

import copy
import dataclasses
import html

import pytest

from stressid_keras.analysis.probes import findings
from stressid_keras.config import (
    AugmentationConfig,
    DistillationConfig,
    GafConfig,
    PipelineConfig,
    PreparationConfig,
    RunConfig,
    StudentConfig,
    TeacherConfig,
    TrainingConfig,
    to_dict,
)
from stressid_keras.distillation import describe, methods_by_name, with_methods
from stressid_keras.reporting.evidence import Evidence
from stressid_keras.reporting.markdown import escaped
from stressid_keras.reporting.model_card import write_model_card
from stressid_keras.reporting.report import write_report

ALONE = [name for name, each in methods_by_name().items() if each.is_term or name == "cross-entropy"]
BOUND = ("chosen-share", "hearable")  # which change one method alone
TEXTS = (
    *(name if name in ALONE else f"mars+{name}" for name in methods_by_name() if name not in BOUND),
    "generalised+forest+chosen-share",
    "measures+hearable",
    "mers+logits+confidence",
    "relational+generalised+decay",
)
MARS = ("MARS: Motion-Augmented", "MSE(", "α", "alpha")
WORSE = {"difference": -0.1, "low": -0.2, "high": -0.05, "n_subjects": 12, "subjects_needed": 9}


def of_mars(text):
    return set(text.split("+")) & {"mars", "mers"}


def told(metrics, text):
    """The metrics of a run with that method."""
    description = describe(with_methods(text, DistillationConfig()))
    return copy.deepcopy(metrics) | {"method": to_dict(description)}, description


def card(tmp_path, metrics, config):
    path = tmp_path / "model_card.md"
    write_model_card(
        path,
        metrics=metrics,
        config=config.to_dict(),
        versions={},
        class_names=metrics["protocol"]["class_names"],
        data_name="voices",
    )
    return path.read_text(encoding="utf-8")


def report(tmp_path, run, metrics, config, split):
    path = tmp_path / "report.html"
    evidence = Evidence(
        metrics=metrics,
        predictions=run[0],
        splits=[split],
        histories={},
        best_epochs={},
        config=config.to_dict(),
        versions={},
        class_names=tuple(metrics["protocol"]["class_names"]),
        data_name="voices",
    )
    write_report(path, evidence)
    return html.unescape(path.read_text(encoding="utf-8")).partition("Configuration")[0]


@pytest.mark.parametrize("text", TEXTS)
def test_the_card_tells_of_the_method_and_of_no_other(tmp_path, run, text):
    metrics, description = told(run[2], text)
    config = RunConfig(distillation=with_methods(text, DistillationConfig()))
    found = card(tmp_path, metrics, config)
    for sentence in (
        f"Loss of the student: {description.loss}.",
        description.learned_from,
        *description.sentences,
    ):
        assert escaped(sentence) in found
    assert all(escaped(paper) in found for paper in description.papers)
    if not of_mars(text):
        assert not any(word in found for word in MARS)


@pytest.mark.parametrize("text", TEXTS)
def test_the_report_tells_of_the_method_and_of_no_other(tmp_path, run, split, text):
    metrics, description = told(run[2], text)
    config = RunConfig(distillation=with_methods(text, DistillationConfig()))
    found = report(tmp_path, run, metrics, config, split)
    for sentence in (
        f"Loss of the student: {description.loss}.",
        description.learned_from,
        *description.sentences,
    ):
        assert sentence in found
    if not of_mars(text):
        assert not any(word in found for word in MARS)


@pytest.mark.parametrize("text", TEXTS)
def test_findings_advise_on_the_weights_that_the_method_has(text):
    metrics, description = told(
        {"comparisons": {"student_minus_student_ce": {"test": {"macro_f1": WORSE}}}}, text
    )
    (found,) = findings(metrics)
    if text == "cross-entropy":
        assert "trained with cross-entropy alone, as its control" in found
        assert "than the control" not in found
        return
    assert "worse than the control" in found
    assert all(name in found for name in description.weights)
    if not of_mars(text):
        assert not any(word in found for word in (*MARS, "features"))


def test_without_a_description_nothing_is_claimed_of_the_method(tmp_path, run):
    found = card(tmp_path, run[2], RunConfig())
    assert "Loss of the student" not in found
    assert "MARS" not in found
    (finding,) = findings({"comparisons": {"student_minus_student_ce": {"test": {"macro_f1": WORSE}}}})
    assert "lower the weights of these terms" in finding


def test_the_card_tells_of_the_networks_and_of_the_training_that_the_configuration_has(tmp_path, run):
    config = RunConfig(
        preparation=PreparationConfig(
            gaf=GafConfig(method="difference", ecg_series="signal", levels="window")
        ),
        teacher=TeacherConfig(video_backbone="r2plus1d", signal_backbone="residual"),
        student=StudentConfig(backbone="separable"),
        teacher_training=TrainingConfig(learning_rate=0.25, class_weights=False, epochs=7),
        student_training=TrainingConfig(learning_rate=0.5, label_smoothing=0.125, epochs=9, kept="best"),
        pipeline=PipelineConfig(augmentation=AugmentationConfig(enabled=False)),
    )
    config = dataclasses.replace(
        config, dataset=dataclasses.replace(config.dataset, teacher_recordings="all")
    )
    found = card(tmp_path, run[2], config)
    for words in (
        "in a 2-D CNN of depthwise separable convolutions of",
        "Video: a CNN of (2+1)-D convolutions of",
        "Signals: a 2-D residual CNN of",
        "Gramian angular difference field of each (each window scaled by itself; of the ECG, that of the signal "
        "itself)",
        "The teacher also learned from recordings without audio",
        "Training of the teacher: AdamW, learning rate 0.25 along a cosine, weight decay 0.0001, classes not weighted",
        "label smoothing 0, at most 7 epochs, of which the last is kept",
        "Training of the student: AdamW, learning rate 0.5",
        "label smoothing 0.125, at most 9 epochs, of which the one with the highest unweighted average recall",
        "samples, as they are.",
    ):
        assert words in found
    for words in ("3-D CNN", "summation", "all recordings of a person", "heart rate", "changed at random"):
        assert words not in found


def test_the_card_tells_of_what_steadies_the_training_where_it_is_on(tmp_path, run):
    steady = TrainingConfig(warm_up=0.1, clip_norm=2.5, average=0.99)
    found = card(tmp_path, run[2], RunConfig(student_training=steady))
    assert (
        "along a cosine after a rise over 10% of the steps, weight decay 0.0001, gradients of a norm of at most 2.5, "
        "weights averaged with a momentum of 0.99, classes" in found
    )
    assert found.count("along a cosine, weight decay 0.0001, classes") == 1, "the teacher's"

"""A metric that is registered is scored, and stands in every table, without another line of code."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score, log_loss

from stressid_keras.config import RunConfig
from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import probabilities_of, score_run
from stressid_keras.evaluation.metrics import METRICS, Metric
from stressid_keras.reporting.model_card import write_model_card
from stressid_keras.reporting.tables import (
    comparison_header,
    comparison_rows,
    further_header,
    further_rows,
    score_table,
    write_score_tables,
)


def kappa_of_counts(confusions):
    total = confusions.sum(axis=(-2, -1))
    observed = np.trace(confusions, axis1=-2, axis2=-1) / total
    expected = (confusions.sum(axis=-1) * confusions.sum(axis=-2)).sum(axis=-1) / total**2
    return (observed - expected) / (1 - expected)


def specificities(answers):
    return np.array(
        [
            (answers.predicted[answers.labels != index] != index).mean()
            for index in range(answers.probabilities.shape[1])
        ]
    )


@pytest.fixture
def new_metrics():
    """One of each kind: counted and compared, of probabilities, and per class."""
    before = set(METRICS)
    METRICS.register(
        Metric(
            "above_chance",
            "above chance",
            35,
            "beyond chance",
            of_counts=kappa_of_counts,
            compared=True,
            decimals=2,
        )
    )
    METRICS.register(
        Metric(
            "log_loss",
            "log loss",
            place=75,
            meaning="mean negative log-likelihood",
            of=lambda answers: float(log_loss(answers.labels, answers.probabilities, labels=answers.classes)),
            better="lower",
        )
    )
    METRICS.register(
        Metric("specificity_<class>", "specificity", 105, "of those without the class", of=specificities)
    )
    yield
    for name in set(METRICS) - before:
        del METRICS[name]


@pytest.fixture
def scored(new_metrics, run, class_names):
    predictions, train, _ = run
    return predictions, score_run(predictions, class_names, train, seed=0)


def test_it_is_scored_with_its_interval_and_comparison(scored, class_names):
    predictions, metrics = scored
    rows = predictions[(predictions["model"] == "student") & (predictions["split"] == "test")]
    scores = metrics["student"]["test"]
    assert scores["above_chance"] == pytest.approx(cohen_kappa_score(rows["label"], rows["predicted"]))
    assert scores["log_loss"] == pytest.approx(
        log_loss(rows["label"], probabilities_of(rows, class_names), labels=[0, 1, 2])
    )
    low, high = scores["above_chance_interval"]
    assert low <= scores["above_chance"] <= high
    assert scores["recordings"]["above_chance"] == scores["above_chance"]  # of one window each
    assert 0 <= scores["specificity_High"] <= 1
    assert metrics["floors"]["test"]["majority_above_chance"] == 0
    assert metrics["floors"]["test"]["prior_log_loss"] > 0
    compared = metrics["comparisons"]["teacher_minus_student"]["test"]
    assert list(compared) == ["macro_f1", "balanced_accuracy", "above_chance", "agreement", "kappa"]


def test_it_stands_in_every_table(scored, tmp_path, class_names):
    predictions, metrics = scored
    scores = metrics["student"]["test"]
    header, row = (line.split() for line in score_table(metrics).splitlines()[2:6:3])
    assert " ".join(header).endswith("interval] above chance weighted F1")
    assert f"{scores['above_chance']:.2f}" in row
    further = dict(zip(further_header(metrics), further_rows(metrics)[1], strict=True))
    assert further["log loss"] == f"{scores['log_loss']:.3f}"
    assert further["specificity Low"] == f"{scores['specificity_Low']:.3f}"
    assert comparison_header(metrics)[-3:] == ("above chance", "[95% interval]", "p (above chance)")
    assert len(comparison_rows(metrics)[0]) == len(comparison_header(metrics))
    write_score_tables(tmp_path, metrics, predictions)
    table = pd.read_csv(tmp_path / "scores.csv").set_index(["split", "model"])
    assert table.loc[("test", "student"), "above_chance"] == scores["above_chance"]
    assert table.loc[("test", "student"), "above_chance_low"] == scores["above_chance_interval"][0]
    assert table.loc[("test", "floor_prior"), "log_loss"] == metrics["floors"]["test"]["prior_log_loss"]


def test_a_counted_one_stands_on_the_card(scored, tmp_path, class_names):
    _, metrics = scored
    write_model_card(
        tmp_path / "card.md",
        metrics=metrics,
        config=RunConfig().to_dict(),
        versions={},
        class_names=class_names,
        data_name="tree",
    )
    lines = (tmp_path / "card.md").read_text(encoding="utf-8").splitlines()
    header = next(line for line in lines if line.startswith("| test | accuracy |")).split(" | ")
    student = next(line for line in lines if line.startswith("| student |")).split(" | ")
    assert student[header.index("above chance")] == f"{metrics['student']['test']['above_chance']:.2f}"
    assert "log loss" not in header


def test_a_name_is_registered_once():
    with pytest.raises(StressIDError, match="metric 'macro_f1' is registered twice"):
        METRICS.register(METRICS["macro_f1"])

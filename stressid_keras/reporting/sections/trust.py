"""What speaks for or against the scores: shortcuts, leaks, calibration, single people, groups."""

import pandas as pd

from stressid_keras.analysis.probes import PROBES, ProbeTable
from stressid_keras.evaluation.models import NETWORKS, display_name
from stressid_keras.reporting import figures
from stressid_keras.reporting.evidence import Evidence
from stressid_keras.reporting.page import FigureGrid, details, element, table
from stressid_keras.reporting.sections.section import Piece, section
from stressid_keras.reporting.tables import interval, number, score_title, signed, with_interval

AUDIT_READING = (
    "The same models, configuration and number of folds, once, with the recordings divided at random: people who are "
    "tested were trained on. The right-hand columns are what that pretends; inflation is that of the macro F1."
)
CALIBRATION_READING = "Points below the diagonal: right less often than confident."


@section("Leakage audit: by subject, and a random split", place=60)
def audit(evidence: Evidence) -> list[str] | None:
    audited = evidence.metrics.get("leakage_audit")
    if not audited:
        return None
    rows = [
        (
            display_name(model),
            *(number(found["by_subject"][name]) for name in ("macro_f1", "balanced_accuracy")),
            *(number(found["random"][name]) for name in ("macro_f1", "balanced_accuracy")),
            signed(found["inflation"]),
        )
        for model, found in audited.items()
    ]
    header = ("", "macro F1", "UAR", "LEAKY macro F1", "LEAKY UAR", "inflation")
    protocol = evidence.metrics["protocol"]
    n_folds = len({split.get("fold") for split in evidence.splits})
    once = {**protocol, "name": f"{n_folds} folds by subject, once", "seeds": protocol["seeds"][:1]}
    title = score_title({"protocol": once})
    return [
        element("p", AUDIT_READING, 'class="note"'),
        table(header, rows, f"{title}; and as many folds of recordings, LEAKY"),
    ]


@section("", place=70)
def probes(evidence: Evidence) -> list[str]:
    found = evidence.metrics.get("probes") or {}
    tables = [probe.table(found[probe.name]) for probe in PROBES.values() if found.get(probe.name)]
    shown = sorted(filter(None, tables), key=lambda shown: shown.place)
    return [piece for probed in shown for piece in _probe_pieces(probed, score_title(evidence.metrics))]


@section("Calibration (test)", place=80)
def calibration(evidence: Evidence) -> list[Piece]:
    drawn = figures.reliability_figure(_test_answers(evidence), evidence.class_names)
    return [element("p", CALIBRATION_READING), drawn]


@section("By sex", place=90)
def groups(evidence: Evidence) -> list[str] | None:
    fairness = evidence.metrics.get("fairness")
    if not fairness:
        return None
    rows, lines = [], []
    for model, found in fairness.items():
        for group, scores in found["groups"].items():
            rows.append(
                (
                    f"{display_name(model)}: {group}",
                    str(scores["n_subjects"]),
                    str(scores["n_windows"]),
                    number(scores["balanced_accuracy"]),
                    *with_interval(scores, "macro_f1"),
                )
            )
        if difference := found.get("difference"):
            lines.append(
                f"{display_name(model)}: {difference['first']} - {difference['second']}: macro F1 "
                f"{signed(difference['difference'])} [{signed(difference['low'])}, {signed(difference['high'])}]"
            )
    header = ("", "subjects", "windows", "UAR", "macro F1", "interval")
    return [
        table(header, rows, score_title(evidence.metrics)),
        *[element("p", line) for line in lines],
    ]


@section("Test subjects one by one", place=100)
def subjects(evidence: Evidence) -> list[Piece]:
    predictions = _test_answers(evidence)
    hits = predictions.assign(hit=predictions["label"] == predictions["predicted"])
    accuracies = hits.groupby(["subject", "model"])["hit"].mean().unstack()
    accuracies = accuracies[[model for model in NETWORKS if model in accuracies]]
    windows = hits.groupby(["subject", "model"]).size().groupby("subject").max()
    rows = [
        (subject, str(windows[subject]), *[number(None if pd.isna(value) else value) for value in values])
        for subject, *values in accuracies.itertuples()
    ]
    numbers = table(
        ("subject", "answers", *map(display_name, accuracies)), rows, score_title(evidence.metrics)
    )
    drawn = FigureGrid([("Accuracy", figures.subject_figure(accuracies))])
    return [drawn, details("The same in numbers", numbers)]


def _test_answers(evidence: Evidence) -> pd.DataFrame:
    """Predictions of the networks."""
    table = evidence.predictions
    return table[(table["split"] == "test") & table["model"].isin(NETWORKS)]


def _probe_pieces(probed: ProbeTable, title: str) -> list[str]:
    rows = [tuple(map(_cell, row)) for row in probed.rows]
    return [
        element("h2", probed.title),
        element("p", probed.reading),
        table(probed.header, rows, f"{title}; {probed.note}"),
    ]


def _cell(value) -> str:
    if isinstance(value, list | tuple):
        return interval(value)
    return number(value) if isinstance(value, float | None) else str(value)

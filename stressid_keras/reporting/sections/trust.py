"""What speaks for or against the scores: shortcuts, leaks, calibration, single people, groups."""

import pandas as pd

from stressid_keras.evaluation.models import NETWORKS, display_name
from stressid_keras.reporting import figures
from stressid_keras.reporting.evidence import Evidence
from stressid_keras.reporting.page import details, element, figure_grid, table
from stressid_keras.reporting.sections.section import section
from stressid_keras.reporting.tables import ABSENT, count, number, score_title, signed, with_interval

AUDIT_READING = (
    "The same models, configuration and number of folds, once, with the recordings divided at random: people who are "
    "tested were trained on. The right-hand columns are what that pretends; inflation is that of the macro F1."
)
IDENTITY_READING = (
    "How often a window's nearest neighbour, by the model's features and leaving out its own recording, is of the same "
    "person, among people that the model was not trained on (of the hand-crafted features: among all). A model that "
    "knows the person can pass for one that knows the state wherever the two go together."
)
AVAILABILITY_READING = (
    "How well the class can be told from which files exist, over all labelled recordings of the people who are tested "
    "(also those that no model sees), learned from those of the training people. On the models' own windows every file "
    "exists, so there presence says what the majority says."
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
    probes = evidence.metrics.get("probes", {})
    pieces = []
    if identity := probes.get("identity"):
        rows = [
            (
                display_name(name),
                *(_whole(found[key]) for key in ("n_subjects", "n_windows")),
                *(number(found[key]) for key in ("accuracy", "chance")),
                ABSENT if found["times_chance"] is None else f"{found['times_chance']:.1f} ×",
            )
            for name, found in identity.items()
        ]
        pieces += [
            element("h2", "Does it know the person?"),
            element("p", IDENTITY_READING),
            table(
                ("features of", "people", "windows", "re-identified", "chance", "ratio"),
                rows,
                f"{score_title(evidence.metrics)}; of a fold its validation and test people, mean over the folds",
            ),
        ]
    if availability := probes.get("availability"):
        rows = [
            (
                "availability",
                number(availability["balanced_accuracy"]),
                *with_interval(availability, "macro_f1"),
            ),
            (
                "floor: majority of the same recordings",
                ABSENT,
                number(availability["majority_macro_f1"]),
                ABSENT,
            ),
        ]
        recordings = count(availability["n_recordings"], "labelled recording")
        people = count(availability["n_subjects"], "subject")
        title = f"{score_title(evidence.metrics)}; all {recordings} of {people}"
        pieces += [
            element("h2", "Does the presence of files give the class away?"),
            element("p", AVAILABILITY_READING),
            table(("", "UAR", "macro F1", "interval"), rows, title),
        ]
    return pieces


def _whole(value: float | None) -> str:
    """A number of people or windows; the mean over folds need not be whole."""
    return ABSENT if value is None else f"{value:.1f}".removesuffix(".0")


@section("Calibration (test)", place=80)
def calibration(evidence: Evidence) -> list[str]:
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
def subjects(evidence: Evidence) -> list[str]:
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
    drawn = figure_grid([("Accuracy", figures.subject_figure(accuracies))])
    return [drawn + details("The same in numbers", numbers)]


def _test_answers(evidence: Evidence) -> pd.DataFrame:
    """Of the networks."""
    table = evidence.predictions
    return table[(table["split"] == "test") & table["model"].isin(NETWORKS)]

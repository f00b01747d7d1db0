"""What the models do on held-out people: findings, scores beside their floors, differences, confusions."""

from stressid_keras.evaluation.models import NETWORKS, display_name, short_name
from stressid_keras.reporting import figures
from stressid_keras.reporting.evidence import Evidence
from stressid_keras.reporting.page import FigureGrid, bullets, details, element, table
from stressid_keras.reporting.sections.section import Piece, section
from stressid_keras.reporting.tables import (
    comparison_header,
    comparison_lines,
    comparison_rows,
    further_header,
    further_metrics,
    further_rows,
    score_header,
    score_rows,
    score_title,
)
from stressid_keras.reporting.texts import COMPARISON_READING, RESEARCH_ONLY, UNSEEN, learning_sentences

READING = (
    "UAR is the unweighted average recall (balanced accuracy). The classical baselines see hand-crafted features of "
    "the same windows, or a speech encoder's statistics of them, in the same parts. A floor needs no recording at all: "
    "the most frequent class of the training part, the most frequent class of the same task there, or the class that "
    "goes with which files a recording has. "
    "A model that does not beat the floors has learned nothing that shows."
)


@section("", place=10)
def introduction(evidence: Evidence) -> list[str]:
    return [element("p", " ".join([*learning_sentences(evidence.metrics, evidence.config), UNSEEN]))]


@section("What was found", place=20)
def found(evidence: Evidence) -> list[str]:
    return [
        bullets(evidence.metrics.get("findings") or ["Nothing that needs a warning."]),
        element("p", f"{RESEARCH_ONLY} {_caveat(evidence.metrics)}", 'class="note"'),
    ]


@section("Scores", place=30)
def scores(evidence: Evidence) -> list[str]:
    """Show the scores of every part; raise StressIDError if the test part has none."""
    metrics = evidence.metrics
    scored = _score_table(metrics, "test")
    further = table(further_header(metrics), further_rows(metrics), score_title(metrics))
    return [
        scored,
        element("p", READING),
        *_teacher_knowledge(metrics),
        details("Further scores on the test subjects", further + element("p", _further_reading())),
        *[
            details(f"Scores on the {part} subjects", _score_table(metrics, part))
            for part in metrics["floors"]
            if part != "test"
        ],
    ]


def _teacher_knowledge(metrics: dict) -> list[str]:
    """What the teacher knows of the people it teaches, in a sentence."""
    known = metrics.get("teacher_knowledge") or {}
    unseen = ((metrics.get("teacher") or {}).get("test") or {}).get("macro_f1")
    if known.get("trained") is None or unseen is None:
        return []
    strangers = "".join(
        f"; of {who} that had not seen them, {known[key]:.3f}"
        for key, who in (("cross_fitted", "teachers"), ("forests", "forests"))
        if known.get(key) is not None
    )
    return [
        element(
            "p",
            "What the teacher knows of the people it teaches: macro F1 on its training people "
            f"{known['trained']:.3f}{strangers}; on held-out people {unseen:.3f}.",
        )
    ]


@section("Differences, paired by subject (test)", place=40)
def differences(evidence: Evidence) -> list[str]:
    metrics = evidence.metrics
    pairs = table(comparison_header(metrics), comparison_rows(metrics), score_title(metrics))
    return [
        *[element("p", line) for line in comparison_lines(metrics)],
        element("p", COMPARISON_READING),
        details("All pairs in numbers", pairs),
    ]


@section("Confusion matrices (test)", place=50)
def confusions(evidence: Evidence) -> list[Piece]:
    by_model = [(model, evidence.metrics.get(model, {}).get("test")) for model in NETWORKS]
    return [
        FigureGrid(
            [
                (
                    short_name(model),
                    figures.confusion_figure(
                        scored["confusion_matrix"], evidence.class_names, display_name(model)
                    ),
                )
                for model, scored in by_model
                if scored
            ]
        )
    ]


def _score_table(metrics: dict, part: str) -> str:
    return table(score_header(metrics), score_rows(metrics, part), score_title(metrics, part))


def _further_reading() -> str:
    clauses = "; ".join(metric.reading for metric in further_metrics() if metric.reading)
    return f"{clauses[:1].upper()}{clauses[1:]}."


def _caveat(metrics: dict) -> str:
    protocol = metrics["protocol"]
    n_subjects = protocol["splits"]["test"]["n_subjects"]
    return (
        f"The test part holds {n_subjects} subject{'' if n_subjects == 1 else 's'}, and the intervals "
        f"({protocol['confidence']:.0%}, {protocol['bootstrap_resamples']} bootstrap resamples of subjects) "
        f"are as wide as that makes them. {protocol['interval']}"
    )

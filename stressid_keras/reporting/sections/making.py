"""How it was made: training curves, division of the people, versions and configuration."""

import json

from stressid_keras.evaluation.models import display_name
from stressid_keras.evaluation.predictions import SPLITS
from stressid_keras.reporting import figures
from stressid_keras.reporting.evidence import Evidence
from stressid_keras.reporting.page import FigureGrid, bullets, details, element, table
from stressid_keras.reporting.sections.section import Piece, section
from stressid_keras.reporting.tables import ABSENT, number, score_title

SPLIT_READING = (
    "Every person is in one part. The distance is that of a part's class shares from those of the whole "
    "(total variation): 0 is equal, 1 as far as shares can be."
)
FOLD_READING = (
    "Every person is tested once in each repeat, by models that were trained, and whose epoch was chosen, on others. "
    "The distance is that of the part's class shares farthest from the whole's (total variation)."
)


@section("Training", place=140)
def training(evidence: Evidence) -> list[Piece]:
    if evidence.has_folds:
        return [FigureGrid(figures.fold_curves_figures(evidence.histories))]
    grids = []
    for model, (history, *_) in evidence.histories.items():
        name = display_name(model)
        best = (evidence.best_epochs.get(model) or [None])[0]
        drawn = [
            (f"{name}: loss", figures.loss_figure(history, name)),
            (f"{name}: score", figures.score_figure(history, name, best)),
        ]
        grids.append(FigureGrid([(caption, each) for caption, each in drawn if each]))
    return grids or [element("p", "No training history was kept.")]


@section("Split by subject", place=150)
def split(evidence: Evidence) -> list[str] | None:
    return None if evidence.has_folds else [element("p", SPLIT_READING), _split(evidence)]


@section("Folds by subject", place=150)
def folds(evidence: Evidence) -> list[str] | None:
    return [element("p", FOLD_READING), _folds(evidence)] if evidence.has_folds else None


@section("How this was made", place=160)
def making(evidence: Evidence) -> list[str]:
    method = evidence.metrics.get("method") or {}
    return [
        *([element("p", f"Loss of the student: {method['loss']}.")] if method.get("loss") else []),
        *([bullets(method["sentences"])] if method.get("sentences") else []),
        details("Versions", table(("software", "version"), list(evidence.versions.items()))),
        details("Configuration", element("pre", json.dumps(evidence.config, indent=2))),
    ]


def _split(evidence: Evidence) -> str:
    split, class_names, rows = evidence.splits[0], evidence.class_names, []
    for part in SPLITS:
        subjects = split[part]
        counts = ", ".join(
            f"{n} {name}" for name, n in zip(class_names, split["class_counts"][part], strict=True)
        )
        rows.append((part, str(len(subjects)), counts, number(split["distance"][part]), ", ".join(subjects)))
    if extra := split["extra_train"]:
        rows.append(("teacher's training alone", str(len(extra)), ABSENT, ABSENT, ", ".join(extra)))
    header = ("part", "subjects", "classes", "distance", "who")
    return table(header, rows, score_title(evidence.metrics), text_columns=(2, 4))


def _folds(evidence: Evidence) -> str:
    rows = [
        (
            *(str(split[name] + 1) for name in ("repeat", "fold")),
            *(str(len(split[part])) for part in ("train", "val")),
            number(split["distance"]["max"]),
            ", ".join(split["test"]),
        )
        for split in evidence.splits
    ]
    header = ("repeat", "fold", "train", "val", "distance", "tested on")
    return table(header, rows, score_title(evidence.metrics), text_columns=(5,))

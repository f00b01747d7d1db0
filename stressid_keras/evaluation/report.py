"""The report of a run: one HTML file with everything in it, for a screen, a phone or paper."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stressid_keras.evaluation import figures
from stressid_keras.evaluation.page import details, element, figure_grid, page, table
from stressid_keras.evaluation.predictions import MODELS, SPLITS
from stressid_keras.evaluation.tables import (
    ABSENT,
    MODEL_NAMES,
    comparison_lines,
    number,
    score_header,
    score_rows,
    score_title,
)
from stressid_keras.provenance import write_text

TITLE = "StressID distillation: scores on unseen subjects"
METHOD = {
    "teacher": "The teacher learned the classes from video, ECG, EDA and respiration.",
    "student": "The student hears audio only and learned from the labels and from the teacher's features.",
    "student_ce": "The control is the same student, trained with cross-entropy alone.",
}
UNSEEN = "The test subjects took no part in training or in choosing a model."
READING = (
    "UAR is the unweighted average recall (balanced accuracy). A floor needs no recording at all: the most "
    "frequent class of the training part, or the most frequent class of the same task in the training part. "
    "A model that does not beat the floors has learned nothing that shows."
)
RESEARCH_ONLY = (
    "Research software, not a medical device: no score of a single person supports a statement about that "
    "person's health or state."
)
COMPARISON_READING = (
    "The interval resamples subjects; p is that of exchanging the two models' predictions of whole subjects. "
    "The control is the same student, trained with cross-entropy alone. The number of subjects is for a power of .8 "
    "if the true effect is as large as the one found."
)
SPLIT_READING = (
    "Every person is in one part. The distance is that of a part's class shares from those of the whole "
    "(total variation): 0 is equal, 1 as far as shares can be."
)


def write_report(
    path: Path,
    *,
    metrics: dict,
    predictions: pd.DataFrame,
    histories: dict[str, pd.DataFrame],
    best_epochs: dict[str, int],
    config: dict,
    split: dict,
    versions: dict[str, str],
    class_names: Sequence[str],
) -> None:
    """Write `report.html`: one file that loads nothing.

    Args:
        path: of the file; it appears complete or not at all.
        metrics: the result of `score_run`; it must hold the split `test`.
        predictions: the table that `metrics` was made from.
        histories: by model, what `CSVLogger` wrote: a row per epoch with any of `loss`, `cross_entropy`,
            `mse_*`, `uar`, `accuracy` and the same with `val_` before them.
        best_epochs: by model, the epoch (from 1) whose network was kept.
        config: `RunConfig.to_dict()` or more.
        split: the content of `split.json` (`SubjectSplit.to_dict()`).
        versions: of the software.
        class_names: k names.

    Raises:
        StressIDError: there are no test scores.
    """
    sections = [
        element("h1", TITLE),
        element("p", " ".join([*(METHOD[model] for model in MODELS if model in metrics), UNSEEN])),
        element("h2", "Scores"),
        _score_table(metrics, "test"),
        element("p", READING),
        element("h2", "Differences, paired by subject (test)"),
        *[element("p", line) for line in comparison_lines(metrics)],
        element("p", COMPARISON_READING),
        element("p", f"{RESEARCH_ONLY} {_caveat(metrics)}", 'class="note"'),
        *[
            details(f"Scores on the {part} subjects", _score_table(metrics, part))
            for part in metrics["floors"]
            if part != "test"
        ],
        element("h2", "Confusion matrices (test)"),
        _confusions(metrics, class_names),
        element("h2", "Test subjects one by one"),
        _subjects(predictions[predictions["split"] == "test"]),
        element("h2", "Training"),
        _training(histories, best_epochs),
        element("h2", "Split by subject"),
        element("p", SPLIT_READING),
        _split_table(split, class_names),
        element("h2", "How this was made"),
        details("Versions", table(("software", "version"), list(versions.items()))),
        details("Configuration", element("pre", json.dumps(config, indent=2))),
    ]
    write_text(path, page(TITLE, sections))


def _score_table(metrics: dict, part: str) -> str:
    return table(score_header(metrics), score_rows(metrics, part), score_title(metrics, part))


def _caveat(metrics: dict) -> str:
    protocol = metrics["protocol"]
    n_subjects = protocol["splits"]["test"]["n_subjects"]
    return (
        f"The test part holds {n_subjects} subject{'' if n_subjects == 1 else 's'}, and the intervals "
        f"({protocol['confidence']:.0%}, {protocol['bootstrap_resamples']} bootstrap resamples of subjects) "
        f"are as wide as that makes them. {protocol['interval']}"
    )


def _confusions(metrics: dict, class_names: Sequence[str]) -> str:
    return figure_grid(
        [
            (MODEL_NAMES[model], figures.confusion_figure(matrix, class_names, MODEL_NAMES[model]))
            for model in MODELS
            if (matrix := metrics.get(model, {}).get("test", {}).get("confusion_matrix"))
        ]
    )


def _subjects(predictions: pd.DataFrame) -> str:
    hits = predictions.assign(hit=predictions["label"] == predictions["predicted"])
    accuracies = hits.groupby(["subject", "model"])["hit"].mean().unstack()
    accuracies = accuracies[[model for model in MODELS if model in accuracies]]
    windows = hits.groupby(["subject", "model"]).size().groupby("subject").max()
    rows = [
        (subject, str(windows[subject]), *[number(None if pd.isna(value) else value) for value in values])
        for subject, *values in accuracies.itertuples()
    ]
    numbers = table(("subject", "windows", *[MODEL_NAMES[model] for model in accuracies]), rows)
    drawn = figure_grid([("Accuracy", figures.subject_figure(accuracies))])
    return drawn + details("The same in numbers", numbers)


def _training(histories: dict[str, pd.DataFrame], best_epochs: dict[str, int]) -> str:
    grids = []
    for model, history in histories.items():
        name = MODEL_NAMES.get(model, model)
        drawn = [
            (f"{name}: loss", figures.loss_figure(history, name)),
            (f"{name}: score", figures.score_figure(history, name, best_epochs.get(model))),
        ]
        grids.append(figure_grid([(caption, svg) for caption, svg in drawn if svg]))
    return "\n".join(grids) or element("p", "No training history was kept.")


def _split_table(split: dict, class_names: Sequence[str]) -> str:
    rows = []
    for part in SPLITS:
        subjects = split[part]
        counts = ", ".join(
            f"{n} {name}" for name, n in zip(class_names, split["class_counts"][part], strict=True)
        )
        rows.append((part, str(len(subjects)), counts, number(split["distance"][part]), ", ".join(subjects)))
    if extra := split["extra_train"]:
        rows.append(("teacher's training alone", str(len(extra)), ABSENT, ABSENT, ", ".join(extra)))
    return table(("part", "subjects", "classes", "distance", "who"), rows, text_columns=(2, 4))

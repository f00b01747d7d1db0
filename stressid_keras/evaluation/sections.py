"""Sections that every report has: scores, differences, confusions, subjects, and how it was made."""

import json
from collections.abc import Sequence

import pandas as pd

from stressid_keras.evaluation import figures
from stressid_keras.evaluation.page import details, element, figure_grid, table
from stressid_keras.evaluation.predictions import MODELS
from stressid_keras.evaluation.tables import (
    MODEL_NAMES,
    comparison_lines,
    further_header,
    further_rows,
    number,
    score_header,
    score_rows,
    score_title,
)

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
FURTHER_READING = (
    "Within-task UAR is the mean over tasks of the recall within the task, which its name cannot raise; AUROC is one "
    "class versus the rest; the calibration error is the distance of confidence and accuracy in ten bins of "
    "confidence; the Brier score is the squared distance of the probabilities from the truth, 0 to 2."
)
COMPARISON_READING = (
    "The interval resamples subjects; p is that of exchanging the two models' predictions of whole subjects. "
    "The control is the same student, trained with cross-entropy alone. The number of subjects is for a power of .8 "
    "if the true effect is as large as the one found."
)


def score_sections(metrics: dict, predictions: pd.DataFrame, class_names: Sequence[str]) -> list[str]:
    """What the models do on unseen people, as pieces of HTML.

    Raises:
        StressIDError: there are no test scores.
    """
    return [
        element("p", " ".join([*(METHOD[model] for model in MODELS if model in metrics), UNSEEN])),
        element("h2", "Scores"),
        _score_table(metrics, "test"),
        element("p", READING),
        element("h2", "Differences, paired by subject (test)"),
        *[element("p", line) for line in comparison_lines(metrics)],
        element("p", COMPARISON_READING),
        element("p", f"{RESEARCH_ONLY} {_caveat(metrics)}", 'class="note"'),
        details(
            "Further scores on the test subjects",
            table(further_header(metrics), further_rows(metrics), score_title(metrics, "test"))
            + element("p", FURTHER_READING),
        ),
        *[
            details(f"Scores on the {part} subjects", _score_table(metrics, part))
            for part in metrics["floors"]
            if part != "test"
        ],
        element("h2", "Confusion matrices (test)"),
        _confusions(metrics, class_names),
        element("h2", "Test subjects one by one"),
        _subjects(predictions[predictions["split"] == "test"]),
    ]


def making_sections(config: dict, versions: dict[str, str]) -> list[str]:
    return [
        element("h2", "How this was made"),
        details("Versions", table(("software", "version"), list(versions.items()))),
        details("Configuration", element("pre", json.dumps(config, indent=2))),
    ]


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

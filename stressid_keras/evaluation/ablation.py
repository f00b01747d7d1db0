"""Students that imitate different parts of the teacher, each against the one that imitates nothing."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import figures
from stressid_keras.evaluation.comparisons import compare_models
from stressid_keras.evaluation.intervals import bootstrap_interval
from stressid_keras.evaluation.metrics import classification_metrics
from stressid_keras.evaluation.page import element, page, table
from stressid_keras.evaluation.predictions import probabilities_of
from stressid_keras.evaluation.tables import interval, number, signed
from stressid_keras.provenance import write_text

CONTROL = "student_ce"
TITLE = "Ablation: which modalities are worth imitating"
READING = (
    "Every row is the same student from the same first weights on the same folds; only the terms of the loss differ. "
    "Differences are paired by subject against the control; with many rows, one in twenty leaves zero by chance alone."
)


def ablation_scores(
    predictions: pd.DataFrame, names: dict[str, str], class_names: Sequence[str], seed: int
) -> dict:
    """Scores of each subset and its difference to the control.

    Args:
        predictions: test rows of all folds, with `repeat` and `fold`, of the students in `names`.
        names: what to call each model, the control (`student_ce`) among them.
        class_names: k names.
        seed: of the run.

    Returns:
        `title`, which names the protocol; `subsets`, a row per model: `model`, `name`, `macro_f1` with `macro_f1_low`
        and `macro_f1_high`, `balanced_accuracy`, and `difference`, `low`, `high`, `p_value` and `subjects_needed` of
        the macro F1 against the control (None for the control itself).

    Raises:
        StressIDError: the control is missing.
    """
    if CONTROL not in set(predictions["model"]):
        raise StressIDError("the predictions hold no control (student_ce); expected it beside the others.")
    control = predictions[predictions["model"] == CONTROL]
    rows = []
    for model, name in names.items():
        of_model = predictions[predictions["model"] == model]
        scores = classification_metrics(
            of_model["label"], probabilities_of(of_model, class_names), class_names
        )
        low, high = bootstrap_interval(of_model, "macro_f1", seed=seed)
        row = {"model": model, "name": name, "macro_f1": scores["macro_f1"]}
        row |= {"macro_f1_low": low, "macro_f1_high": high, "balanced_accuracy": scores["balanced_accuracy"]}
        found = {} if model == CONTROL else compare_models(of_model, control, seed=seed)
        keys = ("difference", "low", "high", "p_value", "subjects_needed")
        rows.append({**row, **{key: found.get(key) for key in keys}})
    return {"title": _title(control, class_names, seed), "subsets": rows}


def write_ablation_report(path: Path, found: dict) -> None:
    """Write the table and the figure as one HTML file that loads nothing.

    Args:
        found: the result of `ablation_scores`.
    """
    header = ("imitated", "macro F1", "[95% interval]", "UAR", "less control", "[95% interval]", "p")
    rows = [
        (
            row["name"],
            number(row["macro_f1"]),
            interval([row["macro_f1_low"], row["macro_f1_high"]]),
            number(row["balanced_accuracy"]),
            signed(row["difference"]),
            "" if row["low"] is None else f"[{signed(row['low'])}, {signed(row['high'])}]",
            number(row["p_value"]),
        )
        for row in found["subsets"]
    ]
    compared = pd.DataFrame([row for row in found["subsets"] if row["difference"] is not None])
    sections = [
        element("h1", TITLE),
        element("p", READING),
        table(header, rows, found["title"]),
        figures.ablation_figure(compared) if len(compared) else "",
    ]
    write_text(path, page(TITLE, sections))


def ablation_table(found: dict) -> str:
    """The rows as text for the terminal."""
    lines = [found["title"]]
    for row in found["subsets"]:
        line = f"{row['name']:<24} macro F1 {number(row['macro_f1'])}"
        if row["low"] is not None:
            line += (
                f"  less control {signed(row['difference'])} [{signed(row['low'])}, {signed(row['high'])}]"
            )
        lines.append(line)
    return "\n".join(lines)


def _title(rows: pd.DataFrame, class_names: Sequence[str], seed: int) -> str:
    repeats = rows["repeat"].nunique()
    once = rows[rows["repeat"] == rows["repeat"].min()]
    counts = once["label"].value_counts()
    shares = ", ".join(f"{name} {counts.get(index, 0)}" for index, name in enumerate(class_names))
    seeds = f"seed {seed}" if repeats == 1 else f"seeds {seed} to {seed + repeats - 1}"
    return (
        f"test: {rows['fold'].nunique()} folds by subject, {rows['subject'].nunique()} subjects, {len(once)} windows "
        f"({shares}), {seeds}"
    )

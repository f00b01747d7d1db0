"""Students that imitate different parts of the teacher, each against the one that imitates nothing."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stressid_keras.evaluation.scores import score_folds
from stressid_keras.provenance import write_text
from stressid_keras.reporting import figures
from stressid_keras.reporting.figure_files import write_figures
from stressid_keras.reporting.page import element, page, table
from stressid_keras.reporting.tables import number, score_title, signed, signed_interval
from stressid_keras.studies.rows import (
    CONTROL,
    SCORE_HEADER,
    difference_cells,
    score_cells,
    variant_rows,
    write_rows,
)

TITLE = "Ablation: which modalities are worth imitating"
READING = (
    "Every row is the same student from the same first weights on the same folds; only the terms of the loss differ. "
    "Differences are paired by subject against the control; with many rows, one in twenty leaves zero by chance alone."
)


def ablation_scores(
    predictions: pd.DataFrame,
    train_rows: pd.DataFrame,
    names: dict[str, str],
    class_names: Sequence[str],
    seed: int,
    seconds: dict[str, float],
) -> dict:
    """Scores of each subset and its difference to the control.

    Args:
        predictions, train_rows, class_names, seed: as for `score_folds`.
        names: what to call each model but the control (`student_ce`), which comes first.
        seconds: as every study is given them; subsets train alike and do not show them.

    Returns:
        `title`, which names the protocol; `subsets`, the rows of `variant_rows`.

    Raises:
        StressIDError: the control is missing.
    """
    metrics = score_folds(predictions, train_rows, class_names, seed)
    names = {CONTROL: "none (control)", **names}
    return {"title": score_title(metrics), "subsets": variant_rows(predictions, metrics, names)}


def write_ablation_report(folder: Path, found: dict) -> list[str]:
    """Write `ablation.csv`, `ablation.html`, table and figure as one file that loads nothing, and that figure.

    Args:
        found: the result of `ablation_scores`.

    Returns:
        The files of the figure, relative to the folder.
    """
    write_rows(folder / "ablation.csv", found["subsets"])
    header = ("imitated", *SCORE_HEADER, "minus control", "[95% interval]", "p")
    rows = [(row["name"], *score_cells(row), *difference_cells(row)) for row in found["subsets"]]
    compared = pd.DataFrame([row for row in found["subsets"] if row["difference"] is not None])
    drawn = {"subsets": figures.forest_figure(compared)} if len(compared) else {}
    sections = [
        element("h1", TITLE),
        element("p", READING),
        table(header, rows, found["title"]),
        *drawn.values(),
    ]
    write_text(folder / "ablation.html", page(TITLE, sections))
    return write_figures(folder, drawn)


def ablation_table(found: dict) -> str:
    """The rows as text for the terminal."""
    lines = [found["title"]]
    for row in found["subsets"]:
        line = f"{row['name']:<24} macro F1 {number(row['macro_f1'])}"
        if row["low"] is not None:
            line += f"  minus control {signed(row['difference'])} {signed_interval(row['low'], row['high'])}"
        lines.append(line)
    return "\n".join(lines)

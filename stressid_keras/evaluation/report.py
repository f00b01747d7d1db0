"""The report of a run: one HTML file with everything in it, for a screen, a phone or paper."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stressid_keras.evaluation import figures
from stressid_keras.evaluation.page import element, figure_grid, page, table
from stressid_keras.evaluation.predictions import SPLITS
from stressid_keras.evaluation.sections import making_sections, score_sections
from stressid_keras.evaluation.tables import (
    ABSENT,
    MODEL_NAMES,
    number,
)
from stressid_keras.provenance import write_text

TITLE = "StressID distillation: scores on unseen subjects"
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
        *score_sections(metrics, predictions, class_names),
        element("h2", "Training"),
        _training(histories, best_epochs),
        element("h2", "Split by subject"),
        element("p", SPLIT_READING),
        _split_table(split, class_names),
        *making_sections(config, versions),
    ]
    write_text(path, page(TITLE, sections))


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

"""The report of a cross-validation: one HTML file, as that of a run."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stressid_keras.evaluation.page import element, page, table
from stressid_keras.evaluation.sections import making_sections, score_sections
from stressid_keras.evaluation.tables import number
from stressid_keras.provenance import write_text

TITLE = "StressID distillation: cross-validated scores on unseen subjects"
FOLD_READING = (
    "Every person is tested once in each repeat, by models that were trained, and whose epoch was chosen, on others. "
    "The distance is that of the part's class shares farthest from the whole's (total variation)."
)


def write_fold_report(
    path: Path,
    *,
    metrics: dict,
    predictions: pd.DataFrame,
    splits: Sequence[dict],
    config: dict,
    versions: dict[str, str],
    class_names: Sequence[str],
) -> None:
    """Write `report.html`: one file that loads nothing.

    Args:
        path: of the file; it appears complete or not at all.
        metrics: the result of `score_folds`.
        predictions: the table that `metrics` was made from.
        splits: of every fold the content of its `split.json`, with `repeat` and `fold`.
        config: `RunConfig.to_dict()` or more.
        versions: of the software.
        class_names: k names.
    """
    header = ("repeat", "fold", "train", "val", "distance", "tested on")
    rows = [
        (
            *(str(split[name] + 1) for name in ("repeat", "fold")),
            *(str(len(split[part])) for part in ("train", "val")),
            number(split["distance"]["max"]),
            ", ".join(split["test"]),
        )
        for split in splits
    ]
    sections = [
        element("h1", TITLE),
        *score_sections(metrics, predictions, class_names),
        element("h2", "Folds by subject"),
        element("p", FOLD_READING),
        table(header, rows, text_columns=(5,)),
        *making_sections(config, versions),
    ]
    write_text(path, page(TITLE, sections))

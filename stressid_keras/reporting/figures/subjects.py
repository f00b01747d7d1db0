"""Scores of single subjects."""

import numpy as np
import pandas as pd

from stressid_keras.evaluation.models import short_name
from stressid_keras.reporting.figures.drawn import NARROW, Drawn, draw, legend_below
from stressid_keras.reporting.figures.style import model_styles


def subject_figure(accuracies: pd.DataFrame) -> Drawn:
    """Accuracy per subject (rows, by name) and model (columns)."""
    text = "Accuracy by subject. " + " ".join(
        f"{short_name(model)}: from {column.min():.2f} to {column.max():.2f}, median {column.median():.2f}."
        for model, column in accuracies.items()
    )
    table = accuracies.rename_axis(index="subject", columns=None).reset_index()
    return draw(_draw, (NARROW, 1.5 + 0.28 * len(accuracies)), text, table, accuracies)


def _draw(axes, accuracies: pd.DataFrame) -> None:
    rows = np.arange(len(accuracies))
    styles = model_styles(accuracies)
    for index, (model, column) in enumerate(accuracies.items()):
        marker, colour = styles[model]
        shift = 0.2 * (index - (accuracies.shape[1] - 1) / 2)
        axes.plot(column, rows + shift, marker, color=colour, label=short_name(model), clip_on=False)
    axes.set_yticks(rows, accuracies.index)
    axes.set(xlabel="accuracy", xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    axes.grid(axis="y", color="#ddd")
    axes.set_axisbelow(True)
    legend_below(axes)

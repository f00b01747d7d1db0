"""Confusion matrices."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
import pandas as pd

from stressid_keras.reporting.figures.drawn import NARROW, Drawn, draw

NAME_WIDTH = 12  # letters of a class's name on one line


def confusion_figure(matrix: Sequence[Sequence[int]], class_names: Sequence[str], name: str) -> Drawn:
    """Counts and row shares of a (k, k) confusion matrix, rows true."""
    counts = np.asarray(matrix)
    rows = "; ".join(
        f"true {true}: "
        + ", ".join(f"{count} predicted {guess}" for guess, count in zip(class_names, row, strict=True))
        for true, row in zip(class_names, counts, strict=True)
    )
    text = f"Confusion matrix of the {name}. {rows}."
    table = pd.DataFrame(
        [
            (true, guess, count, count / max(row.sum(), 1))
            for true, row in zip(class_names, counts, strict=True)
            for guess, count in zip(class_names, row, strict=True)
        ],
        columns=["true", "predicted", "windows", "share_of_true"],
    )
    return draw(_draw, (NARROW, 3.4), text, table, counts, [fill(name, NAME_WIDTH) for name in class_names])


def _draw(axes, counts: np.ndarray, class_names: Sequence[str]) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, edgecolors="white", linewidth=2)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.7 else "black"
        text = f"{count}\n{shares[row, column]:.0%}"
        axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", color=colour)
    ticks = np.arange(len(class_names)) + 0.5
    axes.set_xticks(ticks, class_names)
    axes.set_yticks(ticks, class_names, rotation=90, va="center")
    axes.set(xlabel="predicted", ylabel="true", aspect="equal")
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)

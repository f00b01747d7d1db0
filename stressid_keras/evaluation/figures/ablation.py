"""What each subset of modalities is worth."""

from textwrap import fill

import numpy as np
import pandas as pd

from stressid_keras.evaluation.figures.style import COLOURS, value_text
from stressid_keras.evaluation.figures.svg import LEGEND_SIZE, NARROW, svg

NAME_WIDTH = 44  # letters of a row's name on one line


def ablation_figure(rows: pd.DataFrame, measure: str = "macro F1") -> str:
    """Forest plot: the difference of every subset from the control, with its interval, and a line at zero.

    Names stand above their intervals, not beside them: so they have room on a narrow screen.

    Args:
        rows: in the order of the plot, `name`, `difference`, `low` and `high`; the ends may be NaN.
        measure: what the difference is of.
    """
    text = f"Difference of {measure} from the control. " + "; ".join(
        f"{row.name} {value_text(row.difference, row.low, row.high, '+z.3f')}"
        for row in rows.itertuples(index=False)
    )
    names = [fill(name, NAME_WIDTH) for name in rows["name"]]
    return svg(_draw, (NARROW, 0.8 + 0.42 * len(rows)), f"{text}.", rows, names, measure)


def _draw(axes, rows: pd.DataFrame, names: list[str], measure: str) -> None:
    y = np.arange(len(rows))
    values = rows[["difference", "low", "high"]].to_numpy(dtype=float)
    axes.axvline(0, color="black", linewidth=0.8, zorder=0)
    on_paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # the line at zero ends before a name
    axes.hlines(y, values[:, 1], values[:, 2], color=COLOURS[0], linewidth=2)
    axes.plot(values[:, 0], y, "o", color=COLOURS[0])
    for place, name in zip(y, names, strict=True):
        axes.annotate(
            name,
            (0, place - 0.22),
            xycoords=axes.get_yaxis_transform(),
            fontsize=LEGEND_SIZE,
            va="bottom",
            bbox=on_paper,
        )
    axes.set(xlabel=f"difference of {measure} from the control", yticks=[], ylim=(len(rows) - 0.5, -0.9))
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.08)
    axes.xaxis.get_major_locator().set_params(nbins=5)

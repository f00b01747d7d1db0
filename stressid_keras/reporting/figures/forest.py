"""What each of several models gains over the one that they are compared with."""

from textwrap import fill

import numpy as np
import pandas as pd

from stressid_keras.reporting.figures.drawn import LEGEND_SIZE, NARROW, Drawn, draw
from stressid_keras.reporting.figures.style import COLOURS, value_text

NAME_WIDTH = 44  # letters of a row's name on one line


def forest_figure(rows: pd.DataFrame, reference: str = "the control", measure: str = "macro F1") -> Drawn:
    """Forest plot: the difference of every row from the reference, with its interval, and a line at zero.

    Names stand above their intervals, not beside them: so they have room on a narrow screen.

    Args:
        rows: in the order of the plot, `name`, `difference`, `low` and `high`; the ends may be NaN. Where there is a
            `difference_by_seed`, the differences of several seeds are marked on the interval.
        reference: what the difference is from.
        measure: what the difference is of.
    """
    text = f"Difference of {measure} from {reference}. " + "; ".join(
        f"{row.name} {value_text(row.difference, row.low, row.high, '+z.3f')}"
        for row in rows.itertuples(index=False)
    )
    names = [fill(name, NAME_WIDTH) for name in rows["name"]]
    label = f"difference of {measure} from {reference}"
    table = rows[["name", "difference", "low", "high"]].assign(**_by_seed(rows))
    return draw(_draw, (NARROW, 0.8 + 0.42 * len(rows)), f"{text}.", table, rows, names, label)


def _by_seed(rows: pd.DataFrame) -> dict[str, list]:
    """Columns of the differences of single seeds."""
    found = [by_seed or {} for by_seed in rows.get("difference_by_seed", ())]
    seeds = dict.fromkeys(seed for by_seed in found for seed in by_seed)
    return {f"seed_{seed}": [by_seed.get(seed) for by_seed in found] for seed in seeds}


def _draw(axes, rows: pd.DataFrame, names: list[str], label: str) -> None:
    y = np.arange(len(rows))
    values = rows[["difference", "low", "high"]].to_numpy(dtype=float)
    axes.axvline(0, color="black", linewidth=0.8, zorder=0)
    on_paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # the line at zero ends before a name
    axes.hlines(y, values[:, 1], values[:, 2], color=COLOURS[0], linewidth=2)
    axes.plot(values[:, 0], y, "o", color=COLOURS[0])
    for place, by_seed in zip(y, rows.get("difference_by_seed", ()), strict=False):
        if len(by_seed) > 1:
            axes.plot(list(by_seed.values()), [place] * len(by_seed), "|", color=COLOURS[1], markersize=9)
    for place, name in zip(y, names, strict=True):
        axes.annotate(
            name,
            (0, place - 0.22),
            xycoords=axes.get_yaxis_transform(),
            fontsize=LEGEND_SIZE,
            va="bottom",
            bbox=on_paper,
        )
    axes.set(xlabel=label, yticks=[], ylim=(len(rows) - 0.5, -0.9))
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.08)
    axes.xaxis.get_major_locator().set_params(nbins=5)

"""How a search went."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stressid_keras.reporting.figures.drawn import NARROW, Drawn, draw, legend_below
from stressid_keras.reporting.figures.style import COLOURS, value_text


def search_figure(scores: Sequence[float | None], whole: Sequence[bool], default: float) -> Drawn:
    """The scores of trials in their order, the best so far, and the configuration as it was.

    Args:
        scores: of each trial; None for one that failed.
        whole: which were scored on everything; the others, which were given up, are hollow and never the best.
        default: of the configuration as it was.
    """
    values = np.array([np.nan if score is None else score for score in scores], float)
    whole = np.array(whole, bool) & np.isfinite(values)
    best = f"the best {value_text(values[whole].max())}" if whole.any() else "none scored on everything"
    text = f"Scores of {len(values)} trials in their order: {best}, the configuration as it was {value_text(default)}."
    trials = range(1, len(values) + 1)
    table = pd.DataFrame({"trial": trials, "uar": values, "whole": whole, "as_it_was": default})
    return draw(_draw, (NARROW, 2.6), text, table, values, whole, default)


def _draw(axes, values: np.ndarray, whole: np.ndarray, default: float) -> None:
    trials = np.arange(1, len(values) + 1)
    axes.axhline(default, color="black", linewidth=0.8, linestyle="--", label="as it was")
    axes.plot(trials[whole], values[whole], "o", color=COLOURS[0], label="trial", clip_on=False)
    if not whole.all():
        hollow = {"color": COLOURS[0], "markerfacecolor": "white", "label": "given up"}
        axes.plot(trials[~whole], values[~whole], "o", clip_on=False, **hollow)
    best = np.fmax.accumulate(np.where(whole, values, np.nan))
    axes.plot(trials, best, color=COLOURS[1], drawstyle="steps-post", label="best so far")
    axes.set(xlabel="trial", ylabel="UAR")
    axes.xaxis.get_major_locator().set_params(integer=True)
    legend_below(axes)

"""How a search went."""

from collections.abc import Sequence

import numpy as np

from stressid_keras.reporting.figures.style import COLOURS, value_text
from stressid_keras.reporting.figures.svg import NARROW, legend_below, svg


def search_figure(scores: Sequence[float | None], default: float) -> str:
    """The scores of trials in their order, the best so far, and the configuration as it was.

    Args:
        scores: of each trial; None for one that failed.
        default: of the configuration as it was.
    """
    values = np.array([np.nan if score is None else score for score in scores], float)
    best = f"the best {value_text(np.nanmax(values))}" if np.isfinite(values).any() else "none scored"
    text = f"Scores of {len(values)} trials in their order: {best}, the configuration as it was {value_text(default)}."
    return svg(_draw, (NARROW, 2.6), text, values, default)


def _draw(axes, values: np.ndarray, default: float) -> None:
    trials = np.arange(1, len(values) + 1)
    axes.axhline(default, color="black", linewidth=0.8, linestyle="--", label="as it was")
    axes.plot(trials, values, "o", color=COLOURS[0], label="trial", clip_on=False)
    axes.plot(
        trials, np.fmax.accumulate(values), color=COLOURS[1], drawstyle="steps-post", label="best so far"
    )
    axes.set(xlabel="trial", ylabel="UAR")
    axes.xaxis.get_major_locator().set_params(integer=True)
    legend_below(axes)

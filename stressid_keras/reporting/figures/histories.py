"""Training curves of one network."""

import numpy as np
import pandas as pd

from stressid_keras.reporting.figures.drawn import NARROW, Drawn, draw, legend_below
from stressid_keras.reporting.figures.style import COLOURS, MARKERS

LOSS_TERMS = ("loss", "cross_entropy", "mse")
MARKS = 8  # on a curve
LOG_RATIO = 20  # of a positive loss's largest to its smallest value, from where a linear axis hides its end


def loss_figure(history: pd.DataFrame, name: str) -> Drawn | None:
    """The loss and its terms over epochs, validation dashed; None if the history has none of them."""
    terms = dict.fromkeys(column.removeprefix("val_") for column in history)
    columns = _with_validation(history, [term for term in terms if term.startswith(LOSS_TERMS)])
    if not columns:
        return None
    ends = ", ".join(f"{column} {history[column].iloc[-1]:.3g}" for column in columns)
    text = f"Loss terms of the {name} over {len(history)} epochs; in the last: {ends}."
    return draw(_draw, (NARROW, 3.2), text, _table(history, columns), history, columns, "loss")


def score_figure(history: pd.DataFrame, name: str, best_epoch: int | None = None) -> Drawn | None:
    """UAR (or else accuracy) over epochs, `best_epoch` (from 1) marked; None if there is neither."""
    columns = _with_validation(history, ["uar"]) or _with_validation(history, ["accuracy"])
    if not columns:
        return None
    text = f"Scores of the {name} over {len(history)} epochs."
    if best_epoch is None or "val_uar" not in columns:
        best_epoch = None
    else:
        text += f" Validation UAR {history['val_uar'].iloc[best_epoch - 1]:.3f} in epoch {best_epoch}, which was kept."
    table = _table(history, columns)
    if best_epoch is not None:
        table["kept"] = table["epoch"] == best_epoch
    return draw(_draw, (NARROW, 3.2), text, table, history, columns, "score", best_epoch)


def _table(history: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return (
        history[columns].reset_index(drop=True).assign(epoch=range(1, len(history) + 1))[["epoch", *columns]]
    )


def loss_axis(axes, values: np.ndarray) -> None:
    """A logarithmic axis where a linear one would hide the end of the training."""
    values = values[np.isfinite(values)]
    if values.size and values.min() > 0 and values.max() > LOG_RATIO * values.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")  # the default writes powers as formulas
        axes.yaxis.set_minor_formatter("")


def _draw(
    axes, history: pd.DataFrame, columns: list[str], ylabel: str, best_epoch: int | None = None
) -> None:
    epochs = np.arange(1, len(history) + 1)
    terms = list(dict.fromkeys(column.removeprefix("val_") for column in columns))
    for column in columns:
        term = column.removeprefix("val_")
        place = terms.index(term)
        axes.plot(
            epochs,
            history[column],
            "-" if column == term else "--",
            color=COLOURS[place % len(COLOURS)],
            label=None if column != term and term in columns else term,
            marker=MARKERS[place % len(MARKERS)],  # in grey, the colours are alike
            markevery=max(1, len(history) // MARKS),
            markersize=4,
        )
    if any(column.startswith("val_") for column in columns):
        axes.plot([], [], "--", color="gray", label="validation")
    if ylabel == "score":
        axes.set_ylim(-0.02, 1.02)
        if best_epoch is not None:
            kept = history["val_uar"].iloc[best_epoch - 1]
            axes.plot(best_epoch, kept, "*", color="black", markersize=11, label="epoch kept")
    else:
        loss_axis(axes, history[columns].to_numpy(dtype=float))
    axes.set(xlabel="epoch", ylabel=ylabel)
    axes.xaxis.get_major_locator().set_params(integer=True)
    legend_below(axes)


def _with_validation(history: pd.DataFrame, columns: list[str]) -> list[str]:
    """The columns and their validation counterparts that hold any number."""
    wanted = [name for column in columns for name in (column, f"val_{column}")]
    return [name for name in wanted if name in history and history[name].notna().any()]

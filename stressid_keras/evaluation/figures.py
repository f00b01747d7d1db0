"""Figures as inline SVG: text stays text, nothing is loaded, the same data give the same bytes.

Every function returns one `<svg>` element with a text alternative, sized by its container.
"""

import html
import io
import re
import warnings
from collections.abc import Callable, Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stressid_keras.evaluation.tables import MODEL_NAMES

# Okabe and Ito's palette: told apart with every common colour vision
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MODEL_MARKERS = {"teacher": ("s", COLOURS[2]), "student": ("o", COLOURS[0]), "student_ce": ("^", COLOURS[1])}
LOSS_TERMS = ("loss", "cross_entropy", "mse")
STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.parse_math": False,  # a class may be called $
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


def confusion_figure(matrix: Sequence[Sequence[int]], class_names: Sequence[str], name: str) -> str:
    """Counts and row shares of a (k, k) confusion matrix, rows true."""
    counts = np.asarray(matrix)
    rows = "; ".join(
        f"true {true}: "
        + ", ".join(f"{count} predicted {guess}" for guess, count in zip(class_names, row, strict=True))
        for true, row in zip(class_names, counts, strict=True)
    )
    return _svg(_draw_confusion, (3.6, 3.4), f"Confusion matrix of the {name}. {rows}.", counts, class_names)


def loss_figure(history: pd.DataFrame, name: str) -> str | None:
    """The loss and its terms over epochs, validation dashed; None if the history has none of them."""
    terms = dict.fromkeys(column.removeprefix("val_") for column in history)
    columns = _with_validation(history, [term for term in terms if term.startswith(LOSS_TERMS)])
    if not columns:
        return None
    ends = ", ".join(f"{column} {history[column].iloc[-1]:.3g}" for column in columns)
    text = f"Loss terms of the {name} over {len(history)} epochs; in the last: {ends}."
    return _svg(_draw_curves, (3.6, 3.2), text, history, columns, "loss")


def score_figure(history: pd.DataFrame, name: str, best_epoch: int | None = None) -> str | None:
    """UAR (or else accuracy) over epochs, `best_epoch` (from 1) marked; None if there is neither."""
    columns = _with_validation(history, ["uar"]) or _with_validation(history, ["accuracy"])
    if not columns:
        return None
    text = f"Scores of the {name} over {len(history)} epochs."
    if best_epoch is None or "val_uar" not in columns:
        best_epoch = None
    else:
        text += f" Validation UAR {history['val_uar'].iloc[best_epoch - 1]:.3f} in epoch {best_epoch}, which was kept."
    return _svg(_draw_curves, (3.6, 3.2), text, history, columns, "score", best_epoch)


def subject_figure(accuracies: pd.DataFrame) -> str:
    """Accuracy per subject (rows, by name) and model (columns)."""
    text = "Accuracy by subject. " + " ".join(
        f"{MODEL_NAMES[model]}: from {column.min():.2f} to {column.max():.2f}, median {column.median():.2f}."
        for model, column in accuracies.items()
    )
    return _svg(_draw_subjects, (5.6, 1.5 + 0.28 * len(accuracies)), text, accuracies)


def _svg(draw: Callable, size: tuple[float, float], description: str, *data) -> str:
    style = {**STYLE, "svg.hashsalt": description}
    with matplotlib.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # the reader's fonts draw the text
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots(), *data)
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", metadata=nothing, transparent=True)
    text = buffer.getvalue()
    text = text[text.index("<svg") :].strip()
    view = re.search(r'viewBox="[^"]*"', text).group()
    opening = (
        f'<svg role="img" aria-label="{html.escape(description)}" {view} style="max-width: {size[0]}in">'
    )
    text = re.sub(r"<svg[^>]*>", lambda _: opening, text, count=1)
    return re.sub(r'<g id="[^"]*"', "<g", text)  # matplotlib's group names repeat from figure to figure


def _draw_confusion(axes, counts: np.ndarray, class_names: Sequence[str]) -> None:
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


def _draw_curves(
    axes, history: pd.DataFrame, columns: list[str], ylabel: str, best_epoch: int | None = None
) -> None:
    epochs = np.arange(1, len(history) + 1)
    terms = list(dict.fromkeys(column.removeprefix("val_") for column in columns))
    marker = "." if len(history) < 10 else None
    for column in columns:
        term = column.removeprefix("val_")
        colour = COLOURS[terms.index(term) % len(COLOURS)]
        label = None if column != term and term in columns else term
        axes.plot(
            epochs, history[column], "-" if column == term else "--", color=colour, label=label, marker=marker
        )
    if any(column.startswith("val_") for column in columns):
        axes.plot([], [], "--", color="gray", label="validation")
    values = history[columns].to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    if ylabel == "score":
        axes.set_ylim(-0.02, 1.02)
        if best_epoch is not None:
            kept = history["val_uar"].iloc[best_epoch - 1]
            axes.plot(best_epoch, kept, "*", color="black", markersize=11, label="best epoch")
    elif values.size and values.min() > 0 and values.max() > 20 * values.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")  # the default writes powers as formulas
        axes.yaxis.set_minor_formatter("")
    axes.set(xlabel="epoch", ylabel=ylabel)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9)


def _draw_subjects(axes, accuracies: pd.DataFrame) -> None:
    rows = np.arange(len(accuracies))
    for index, (model, column) in enumerate(accuracies.items()):
        marker, colour = MODEL_MARKERS[model]
        shift = 0.2 * (index - (accuracies.shape[1] - 1) / 2)
        axes.plot(column, rows + shift, marker, color=colour, label=MODEL_NAMES[model], clip_on=False)
    axes.set_yticks(rows, accuracies.index)
    axes.set(xlabel="accuracy", xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    axes.grid(axis="y", color="#ddd")
    axes.set_axisbelow(True)
    axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)


def _with_validation(history: pd.DataFrame, columns: list[str]) -> list[str]:
    """Those columns and their validation counterparts that hold any number."""
    wanted = [name for column in columns for name in (column, f"val_{column}")]
    return [name for name in wanted if name in history and history[name].notna().any()]

"""Training curves of all folds of a cross-validation."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stressid_keras.evaluation.models import short_name
from stressid_keras.reporting.figures.drawn import NARROW, Drawn, draw
from stressid_keras.reporting.figures.histories import loss_axis
from stressid_keras.reporting.figures.style import model_styles

TERMS = {"uar": "UAR", "loss": "loss"}
# How columns begin, and of whom they are: the first is drawn where it is there, for it tells more.
PARTS = {"val_": "validation", "": "training"}


def fold_curves_figures(histories: dict[str, Sequence[pd.DataFrame]]) -> list[tuple[str, Drawn]]:
    """UAR and loss over epochs, per model, of those validated on or else trained on: a line per fold and their mean.

    The mean ends where the first fold stopped: beyond, it would be a mean over other folds.

    Args:
        histories: model → a table per fold with a row per epoch and `uar` or `loss`, with or without `val_` before it.

    Returns:
        Captions and figures: first the UAR of every model, then the loss of every model; a curve that no
        fold holds is left out.
    """
    styles = model_styles(histories)
    drawn = []
    for term, shown in TERMS.items():
        for model, tables in histories.items():
            part, folds = _curves(tables, term)
            if folds:
                name = f"{part} {shown}"
                text = f"{name} of the {short_name(model)}. {_describe(folds)}"
                figure = draw(_draw, (NARROW, 2.7), text, _table(folds), folds, name, styles[model][1])
                drawn.append((f"{short_name(model)}: {name}", figure))
    return drawn


def _curves(tables: Sequence[pd.DataFrame], term: str) -> tuple[str, list[np.ndarray]]:
    """Of whom the curves are, and one of each fold that has any number."""
    for prefix, part in PARTS.items():
        column = prefix + term
        folds = [table[column].to_numpy(dtype=float) for table in tables if column in table]
        folds = [fold for fold in folds if np.isfinite(fold).any()]
        if folds:
            return part, folds
    return "", []


def _table(folds: list[np.ndarray]) -> pd.DataFrame:
    """A row per epoch, a column per training, and their mean as far as all of them went."""
    curves = {f"training_{index}": pd.Series(fold) for index, fold in enumerate(folds, start=1)}
    table = pd.DataFrame({**curves, "mean": pd.Series(_mean(folds))})
    return table.rename_axis("epoch").rename(index=lambda row: row + 1).reset_index()


def _mean(folds: list[np.ndarray]) -> np.ndarray:
    shared = min(map(len, folds))
    return np.mean([fold[:shared] for fold in folds], axis=0)


def _describe(folds: list[np.ndarray]) -> str:
    lengths = [len(fold) for fold in folds]
    mean = _mean(folds)
    last = [fold[-1] for fold in folds]
    epochs = f"{min(lengths)}" if min(lengths) == max(lengths) else f"{min(lengths)} to {max(lengths)}"
    return (
        f"{len(folds)} fold{'' if len(folds) == 1 else 's'} of {epochs} epochs; mean {mean[0]:.3f} in the first and "
        f"{mean[-1]:.3f} in epoch {len(mean)}; in the last of each fold from {min(last):.3f} to {max(last):.3f}."
    )


def _draw(axes, folds: list[np.ndarray], name: str, colour: str) -> None:
    for fold in folds:
        axes.plot(np.arange(1, len(fold) + 1), fold, color=colour, linewidth=0.7, alpha=0.45)
    mean = _mean(folds)
    axes.plot(np.arange(1, len(mean) + 1), mean, color=colour, linewidth=2.5)
    if name.endswith(TERMS["uar"]):
        axes.set_ylim(-0.02, 1.02)
    else:
        loss_axis(axes, np.concatenate(folds))
    axes.set(xlabel="epoch", ylabel=name)
    axes.xaxis.get_major_locator().set_params(integer=True)

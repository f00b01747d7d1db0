"""Features of windows in the plane, by class and by subject."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from stressid_keras.reporting.figures.drawn import (
    NARROW,
    Drawn,
    draw,
    legend_below,
    legend_height,
    shown_label,
)
from stressid_keras.reporting.figures.style import group_styles

MOST_IN_LEGEND = 12  # more names would take more room than the picture


def embedding_figures(
    coordinates: np.ndarray,
    labels: Sequence[int],
    class_names: Sequence[str],
    subjects: Sequence[str],
    method: str,
) -> list[tuple[str, Drawn]]:
    """The same points twice: marked by class and by subject.

    A network that has learned whom it hears rather than how they feel shows clusters in the second. How often a point's
    nearest neighbour is of its own group is told beside what chance would give.

    Args:
        coordinates: (n, 2), as `inspection.embed` gives them.
        labels: (n,) in [0, k).
        class_names: k names.
        subjects: (n,) names.
        method: how the coordinates were made, such as t-SNE.

    Returns:
        Captions and figures.
    """
    classes = np.asarray(class_names, dtype=object)[np.asarray(labels, dtype=np.int64)]
    subjects = np.asarray(subjects, dtype=object)
    kinds = {"class": (classes, list(class_names)), "subject": (subjects, sorted(set(subjects)))}
    legends = [legend_height(names) for _, names in kinds.values() if len(names) <= MOST_IN_LEGEND]
    height = 3.4 + max(legends, default=0)  # of both, which then stand level beside each other
    return [
        (f"{method}, by {kind}", _figure(coordinates, groups, names, method, kind, height))
        for kind, (groups, names) in kinds.items()
    ]


def neighbour_shares(coordinates: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """How often the nearest other point is of the same group, and how often any other point is; NaN for one point.

    Points equally near count in equal parts.
    """
    if len(groups) < 2:
        return float("nan"), float("nan")
    same = groups[:, None] == groups[None, :]
    distances = cdist(coordinates, coordinates)
    np.fill_diagonal(distances, np.inf)
    nearest = distances == distances.min(axis=1, keepdims=True)
    share = (nearest & same).sum(axis=1) / nearest.sum(axis=1)
    chance = (same.sum(axis=1) - 1) / (len(groups) - 1)
    return float(share.mean()), float(chance.mean())


def _figure(
    coordinates, groups: np.ndarray, names: list[str], method: str, kind: str, height: float
) -> Drawn:
    share, chance = neighbour_shares(coordinates, groups)
    counts = [int(np.sum(groups == name)) for name in names]
    listed = ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True))
    text = f"Features of {len(groups)} windows in the plane ({method}), by {kind}. Windows: {listed}."
    note = ""
    if np.isfinite(share):
        note = f"nearest neighbour of the same {kind}:\n{share:.0%} (by chance {chance:.0%})"
        text += f" The nearest neighbour is of the same {kind} in {share:.0%}, by chance in {chance:.0%}."
    in_legend = len(names) <= MOST_IN_LEGEND
    x, y = np.asarray(coordinates).T
    table = pd.DataFrame({kind: groups, "x": x, "y": y})
    return draw(_draw, (NARROW, height), text, table, coordinates, groups, names, note, in_legend)


def _draw(axes, coordinates, groups: np.ndarray, names: list[str], note: str, in_legend: bool) -> None:
    for name, (marker, colour) in zip(names, group_styles(len(names)), strict=True):
        x, y = coordinates[groups == name].T
        axes.plot(
            x, y, marker, color=colour, markersize=4.5, markeredgewidth=0, alpha=0.8, label=shown_label(name)
        )
    axes.set(xticks=[], yticks=[], xlabel=note)
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color("#ccc")
    axes.margins(0.06)
    if in_legend:
        legend_below(axes)

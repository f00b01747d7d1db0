"""What is left of a score when the sound gets worse."""

import math

import numpy as np
import pandas as pd

from stressid_keras.evaluation.models import short_name
from stressid_keras.reporting.figures.drawn import NARROW, Drawn, draw, legend_below, legend_height
from stressid_keras.reporting.figures.style import model_styles, value_text

CLEAN = "clean"
ABSENT_LEVEL = "applied"  # of a corruption that has no levels
CROWDED = 30  # letters of all tick labels, from where they are written aslant


def robustness_figures(
    curves: dict[str, dict[str, list[dict]]], names: dict[str, tuple[str, str]]
) -> list[tuple[str, Drawn]]:
    """Macro F1 over the level of each corruption, a line per model with its interval.

    Args:
        curves: model → corruption → points from mild to severe, the first of them the clean window; a point holds
            `level`, `macro_f1` and `macro_f1_interval` (its ends or the score itself may be None).
        names: corruption → its name and the unit of its levels.

    Returns:
        Captions and figures, one per corruption, all to the same scale.
    """
    corruptions = dict.fromkeys(key for by_name in curves.values() for key in by_name if key != CLEAN)
    points = [point for by_name in curves.values() for curve in by_name.values() for point in curve]
    top = _top(points)
    drawn = []
    for corruption in corruptions:
        name, unit = names.get(corruption, (corruption.replace("_", " "), ""))
        of_models = {model: by_name[corruption] for model, by_name in curves.items() if corruption in by_name}
        text = f"Macro F1 under {name}{f' ({unit})' if unit else ''}. " + " ".join(
            f"{short_name(model)}: {_curve_text(curve)}." for model, curve in of_models.items()
        )
        size = (NARROW, 2.7 + legend_height([short_name(model) for model in of_models]))
        drawn.append((name, draw(_draw, size, text, _table(of_models), of_models, unit, top)))
    return drawn


def _table(curves: dict[str, list[dict]]) -> pd.DataFrame:
    rows = [
        (model, level, point["macro_f1"], *point["macro_f1_interval"])
        for model, curve in curves.items()
        for level, point in zip(_levels(curve), curve, strict=True)
    ]
    return pd.DataFrame(rows, columns=["model", "level", "macro_f1", "low", "high"])


def _curve_text(curve: list[dict]) -> str:
    scores = [value_text(point["macro_f1"], *point["macro_f1_interval"]) for point in curve]
    return "; ".join(f"{level} {score}" for level, score in zip(_levels(curve), scores, strict=True))


def _levels(curve: list[dict]) -> list[str]:
    return [CLEAN, *(_level_text(point["level"]) for point in curve[1:])]


def _level_text(level) -> str:
    if level is None:
        return ABSENT_LEVEL
    return level if isinstance(level, str) else f"{level:g}"


def _top(points: list[dict]) -> float:
    """The upper end of the axis: the next tenth above all intervals."""
    values = [value for point in points for value in (point["macro_f1"], *point["macro_f1_interval"])]
    return min(1.0, math.ceil(10 * max((v for v in values if v is not None), default=1.0) + 0.01) / 10)


def _draw(axes, curves: dict[str, list[dict]], unit: str, top: float) -> None:
    levels = dict.fromkeys(_level_text(point["level"]) for curve in curves.values() for point in curve[1:])
    places = {level: place for place, level in enumerate(levels, start=1)}
    for model, (marker, colour) in model_styles(curves).items():
        curve = curves[model]
        x = [0, *(places[_level_text(point["level"])] for point in curve[1:])]
        values = np.array([[point["macro_f1"], *point["macro_f1_interval"]] for point in curve], dtype=float)
        axes.fill_between(x, values[:, 1], values[:, 2], color=colour, alpha=0.15, linewidth=0)
        axes.plot(x, values[:, 0], f"{marker}-", color=colour, markersize=5, label=short_name(model))
    axes.axvline(0.5, color="#bbb", linewidth=0.8)
    labels = [CLEAN, *levels]
    crowded = sum(map(len, labels)) + len(labels) > CROWDED
    slant = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if crowded else {}
    axes.set_xticks(range(len(labels)), labels, **slant)
    axes.set(xlabel=unit, ylabel="macro F1", ylim=(0, top), xlim=(-0.3, len(levels) + 0.3))
    axes.grid(axis="y", color="#eee")
    axes.set_axisbelow(True)
    legend_below(axes)

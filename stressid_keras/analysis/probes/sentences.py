"""Values of `metrics.json` looked up whatever is absent or strange, and put into words."""

import math
from collections.abc import Iterator

from stressid_keras.evaluation.models import NETWORKS, short_name

TIE = 1e-9  # equal scores may differ in their last bits


def looked_up(values, *path: str):
    """What stands at a path, or None."""
    for key in path:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def number_at(values, *path: str) -> float | None:
    """A finite number at a path, or None."""
    value = looked_up(values, *path)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None


def network_scores(metrics: dict) -> Iterator[tuple[str, float]]:
    """Test macro F1 of the networks that have one."""
    for model in NETWORKS:
        score = number_at(metrics, model, "test", "macro_f1")
        if score is not None:
            yield model, score


def listed(values: dict[str, float]) -> str:
    return joined([f"{short_name(model)} ({value:.3f})" for model, value in values.items()])


def joined(texts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))


def count(value: int | None, noun: str) -> str:
    if value is None:
        return f"unknown number of {noun}s"
    return f"{value} {noun}" + ("" if value == 1 else "s")

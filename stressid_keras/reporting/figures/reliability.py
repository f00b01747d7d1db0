"""Whether a confidence means what it says."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stressid_keras.evaluation.metrics.calibration import BINS, expected_calibration_error, reliability
from stressid_keras.evaluation.models import short_name
from stressid_keras.evaluation.predictions import probabilities_of
from stressid_keras.reporting.figures.drawn import NARROW, Drawn, draw, legend_below, legend_height
from stressid_keras.reporting.figures.style import HATCHES, model_styles


def reliability_figure(predictions: pd.DataFrame, class_names: Sequence[str], n_bins: int = BINS) -> Drawn:
    """Reliability diagram of several models: accuracy over confidence, and below it the windows of each bin.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. A point far from the diagonal matters as far as
    its bin is filled, hence the counts.

    Args:
        predictions: a predictions table of one split, any number of models.
        class_names: k names.
        n_bins: of equal width.
    """
    points, errors = {}, {}
    for model, rows in predictions.groupby("model", sort=False):
        scored = rows["label"].to_numpy(dtype=np.int64), probabilities_of(rows, class_names)
        points[model] = reliability(*scored, n_bins)
        errors[model] = expected_calibration_error(*scored, n_bins)
    text = "Reliability diagram. " + " ".join(
        f"{short_name(model)}, calibration error {errors[model]:.3f}: {_bins_text(*points[model])}."
        for model in points
    )
    height = 3.9 + legend_height([short_name(model) for model in points])
    panels = {"nrows": 2, "sharex": True, "height_ratios": (5, 2)}
    return draw(_draw, (NARROW, height), text, _table(points), points, **panels)


def _table(points: dict) -> pd.DataFrame:
    """A row per model and bin; confidence and accuracy of a bin without windows are absent."""
    tables = []
    for model, (confidences, accuracies, counts) in points.items():
        edges = np.arange(len(counts) + 1) / len(counts)
        held = counts > 0
        columns = {
            "confidence": np.where(held, confidences, np.nan),
            "accuracy": np.where(held, accuracies, np.nan),
        }
        columns = {"bin_from": edges[:-1], "bin_to": edges[1:], **columns, "windows": counts}
        tables.append(pd.DataFrame({"model": model, **columns}))
    return pd.concat(tables, ignore_index=True)


def _bins_text(confidences: np.ndarray, accuracies: np.ndarray, counts: np.ndarray) -> str:
    return "; ".join(
        f"confidence {confidence:.2f}, accuracy {accuracy:.2f}, {count} window{'' if count == 1 else 's'}"
        for confidence, accuracy, count in zip(confidences, accuracies, counts, strict=True)
        if count
    )


def _draw(panels, points: dict) -> None:
    diagram, bars = panels
    diagram.plot([0, 1], [0, 1], ":", color="gray", zorder=0)
    for index, (model, (marker, colour)) in enumerate(model_styles(points).items()):
        confidences, accuracies, counts = points[model]
        held = counts > 0
        diagram.plot(
            confidences[held],
            accuracies[held],
            f"{marker}-",
            color=colour,
            label=short_name(model),
            clip_on=False,
        )
        edges = np.arange(len(counts)) / len(counts)
        width = 0.9 / len(counts) / len(points)  # a gap of a tenth between bins
        hatch = HATCHES[index % len(HATCHES)]  # in grey, the colours are alike
        places = edges + 0.05 / len(counts) + index * width
        bars.bar(
            places, counts, width, align="edge", color=colour, hatch=hatch, edgecolor="white", linewidth=0
        )
    diagram.set(ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
    bars.set(ylabel="windows", xlabel="confidence")
    bars.yaxis.get_major_locator().set_params(integer=True, nbins=3)
    diagram.figure.align_ylabels()
    legend_below(diagram)

"""Figures of the report, each with a text alternative that holds its numbers, and those numbers as a table.

A `…_figure` returns one `Drawn`; a `…_figures` returns captions and figures for a `page.FigureGrid`, which puts them
side by side where there is room: one wide figure would be unreadable on a phone.
"""

from stressid_keras.reporting.figures.bands import band_figure
from stressid_keras.reporting.figures.confusion import confusion_figure
from stressid_keras.reporting.figures.embedding import embedding_figures
from stressid_keras.reporting.figures.fold_curves import fold_curves_figures
from stressid_keras.reporting.figures.forest import forest_figure
from stressid_keras.reporting.figures.histories import loss_figure, score_figure
from stressid_keras.reporting.figures.occlusion import occlusion_figure
from stressid_keras.reporting.figures.reliability import reliability_figure
from stressid_keras.reporting.figures.robustness import robustness_figures
from stressid_keras.reporting.figures.search import search_figure
from stressid_keras.reporting.figures.subjects import subject_figure

__all__ = [
    "band_figure",
    "confusion_figure",
    "embedding_figures",
    "fold_curves_figures",
    "forest_figure",
    "loss_figure",
    "occlusion_figure",
    "reliability_figure",
    "robustness_figures",
    "score_figure",
    "search_figure",
    "subject_figure",
]

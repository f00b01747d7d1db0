"""Figures of the report, each as inline SVG with a text alternative that holds its numbers.

A `…_figure` returns one `<svg>` element; a `…_figures` returns captions and elements for `page.figure_grid`, which
puts them side by side where there is room: one wide figure would be unreadable on a phone.
"""

from stressid_keras.evaluation.figures.bands import band_figure
from stressid_keras.evaluation.figures.confusion import confusion_figure
from stressid_keras.evaluation.figures.embedding import embedding_figures
from stressid_keras.evaluation.figures.fold_curves import fold_curves_figures
from stressid_keras.evaluation.figures.forest import forest_figure
from stressid_keras.evaluation.figures.occlusion import occlusion_figure
from stressid_keras.evaluation.figures.reliability import reliability_figure
from stressid_keras.evaluation.figures.robustness import robustness_figures
from stressid_keras.evaluation.figures.subjects import subject_figure
from stressid_keras.evaluation.figures.training import loss_figure, score_figure

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
    "subject_figure",
]

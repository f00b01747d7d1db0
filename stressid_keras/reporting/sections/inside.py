"""What drives the students, and what their features look like."""

import numpy as np

from stressid_keras.analysis.inspection import embed
from stressid_keras.evaluation.models import short_name
from stressid_keras.reporting import figures
from stressid_keras.reporting.band_summary import summarise_bands
from stressid_keras.reporting.evidence import Evidence
from stressid_keras.reporting.figures.drawn import Drawn
from stressid_keras.reporting.page import FigureGrid, element
from stressid_keras.reporting.sections.section import Piece, section

OCCLUSION_READING = (
    "Regions that the probability of the true class falls without (occlusion, Zeiler and Fergus 2014): a part of the "
    "spectrogram is replaced by the mean of its bands. By frequency over all test windows, and in full for some."
)
EMBEDDING_READING = (
    "Features of people not trained on, of one network, in two dimensions, coloured by class and by person. Points "
    "that gather by person rather than by class show a network that knows voices or bodies rather than states."
)


@section("What the students listen to", place=120)
def occlusion(evidence: Evidence) -> list[Piece] | None:
    if not evidence.bands:
        return None
    shown = [
        (
            f"{short_name(model)}: {window.title}",
            figures.occlusion_figure(
                window.picture,
                occluded,
                window.axes.sample_rate,
                window.axes.hop_length,
                f"{short_name(model)}, {window.title}",
            ),
        )
        for window in evidence.looked_at
        for model, occluded in window.maps.items()
    ]
    return [
        element("p", OCCLUSION_READING),
        FigureGrid([("By frequency", drawn) for drawn in _band_figures(evidence)]),
        FigureGrid(shown, "In single windows"),
    ]


def _band_figures(evidence: Evidence) -> list[Drawn]:
    """One for all models that hear the same bands."""
    tables = {
        model: summarise_bands(importances, evidence.band_subjects, evidence.metrics["protocol"]["seed"])
        for model, importances in evidence.bands.items()
    }
    return [
        figures.band_figure(
            {model: table for model, table in tables.items() if evidence.band_axes[model] == axes},
            axes.sample_rate,
            axes.n_mels,
        )
        for axes in dict.fromkeys(evidence.band_axes.values())
    ]


@section("Features of held-out people", place=130)
def embedding(evidence: Evidence) -> list[Piece] | None:
    rows, seed = evidence.feature_rows, evidence.metrics["protocol"]["seed"]
    if rows is None:
        return None
    grids = []
    for model, features in evidence.features.items():
        coordinates, method = embed(np.asarray(features), seed)
        drawn = figures.embedding_figures(
            coordinates,
            rows["label"].to_numpy(),
            evidence.class_names,
            rows["subject"].to_numpy(),
            method,
        )
        grids.append(FigureGrid([(f"{short_name(model)}: {caption}", each) for caption, each in drawn]))
    return [element("p", EMBEDDING_READING), *grids]

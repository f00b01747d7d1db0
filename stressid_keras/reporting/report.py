"""The report of an evaluation: one HTML file with everything in it, for a screen, a phone or paper."""

from pathlib import Path

from stressid_keras.provenance import write_text
from stressid_keras.reporting.evidence import Evidence
from stressid_keras.reporting.figure_files import named_figures
from stressid_keras.reporting.figures.drawn import Drawn
from stressid_keras.reporting.page import element, page
from stressid_keras.reporting.sections import SECTIONS

TITLE = "StressID distillation: scores on held-out subjects"
TITLE_OF_FOLDS = "StressID distillation: cross-validated scores on held-out subjects"


def write_report(path: Path, evidence: Evidence) -> dict[str, Drawn]:
    """Write `report.html`: one file that loads nothing.

    Args:
        path: of the file; it appears complete or not at all.
        evidence: of one split or of many folds; its metrics must hold the split `test`.

    Returns:
        The figures in it, by names for files: section and caption.

    Raises:
        StressIDError: there are no test scores.
    """
    title = TITLE_OF_FOLDS if evidence.has_folds else TITLE
    shown = {section.name: section.shown(evidence) for section in SECTIONS.ordered()}
    pieces = [piece for each in shown.values() for piece in each]
    write_text(path, page(title, [element("h1", title), *pieces]))
    return named_figures(shown)

"""The report of an evaluation: one HTML file with everything in it, for a screen, a phone or paper."""

from pathlib import Path

from stressid_keras.provenance import write_text
from stressid_keras.reporting.evidence import Evidence
from stressid_keras.reporting.page import element, page
from stressid_keras.reporting.sections import SECTIONS

TITLE = "StressID distillation: scores on unseen subjects"
TITLE_OF_FOLDS = "StressID distillation: cross-validated scores on unseen subjects"


def write_report(path: Path, evidence: Evidence) -> None:
    """Write `report.html`: one file that loads nothing.

    Args:
        path: of the file; it appears complete or not at all.
        evidence: of one split or of many folds; its metrics must hold the split `test`.

    Raises:
        StressIDError: there are no test scores.
    """
    title = TITLE_OF_FOLDS if evidence.has_folds else TITLE
    pieces = [piece for section in SECTIONS.ordered() for piece in section.html(evidence)]
    write_text(path, page(title, [element("h1", title), *pieces]))

"""The report of an evaluation: one HTML file with everything in it, for a screen, a phone or paper."""

from pathlib import Path

from stressid_keras.provenance import write_text
from stressid_keras.reporting.evidence import Evidence
from stressid_keras.reporting.page import element, page
from stressid_keras.reporting.sections import (
    inside_sections,
    making_sections,
    robustness_sections,
    score_sections,
    split_sections,
    training_sections,
    trust_sections,
)

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
    sections = [
        element("h1", title),
        *score_sections(evidence),
        *trust_sections(evidence),
        *robustness_sections(evidence),
        *inside_sections(evidence),
        *training_sections(evidence),
        *split_sections(evidence),
        *making_sections(evidence),
    ]
    write_text(path, page(title, sections))

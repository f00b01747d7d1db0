"""What the models do where nothing is as it was in training."""

from stressid_keras.reporting.elsewhere import (
    MEAN_READING,
    READING,
    UNHEARD,
    elsewhere_notes,
    elsewhere_rows,
    elsewhere_title,
)
from stressid_keras.reporting.evidence import Evidence
from stressid_keras.reporting.page import element, table
from stressid_keras.reporting.sections.section import section
from stressid_keras.reporting.tables import score_header


@section("On other data", place=55)
def other_data(evidence: Evidence) -> list[str] | None:
    metrics = evidence.metrics
    if not metrics.get("also_tested"):
        return None
    pieces = [element("p", f"{UNHEARD} {READING}")]
    for tested in metrics["also_tested"]:
        pieces.append(table(score_header(metrics), elsewhere_rows(tested), elsewhere_title(tested)))
        pieces += [element("p", note) for note in elsewhere_notes(tested)]
    if any(tested["protocol"]["n_trainings"] > 1 for tested in metrics["also_tested"]):
        pieces.append(element("p", MEAN_READING, 'class="note"'))
    return pieces

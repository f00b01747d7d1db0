"""What noise, rooms, telephones and coding do to the students."""

from stressid_keras.evaluation.models import short_name
from stressid_keras.reporting import figures
from stressid_keras.reporting.evidence import Evidence
from stressid_keras.reporting.page import FigureGrid, details, element, table
from stressid_keras.reporting.sections.section import Piece, section
from stressid_keras.reporting.tables import number, score_title, with_interval

READING = (
    "Every test window is made worse and heard again; nothing is trained on it. The left end of a curve is the window "
    "as recorded. Babble is the sum of other people's recordings. A window of which nothing could be heard any more "
    "was left as it was; the table says how many."
)
DIFFERENCES = "student_minus_student_ce"


@section("Robustness of the students", place=110)
def robustness(evidence: Evidence) -> list[Piece] | None:
    curves = evidence.metrics.get("robustness")
    if not curves:
        return None
    models = {model: by_corruption for model, by_corruption in curves.items() if model != DIFFERENCES}
    names = evidence.corruption_names
    rows = [
        (
            f"{names[corruption][0]}, {_level(point['level'], names[corruption][1])}",
            short_name(model),
            *with_interval(point, "macro_f1"),
            number(point["balanced_accuracy"]),
            f"{point.get('n_silent', 0)} of {point.get('n_windows', 0)}",
        )
        for model, by_corruption in models.items()
        for corruption, points in by_corruption.items()
        for point in points[1:]
    ]
    header = ("corruption", "model", "macro F1", "interval", "UAR", "left as it was")
    title = score_title(evidence.metrics)
    return [
        element("p", READING),
        element("p", title, 'class="caption"'),
        FigureGrid(figures.robustness_figures(_without_degrees(models, names), names)),
        details("The same in numbers", table(header, rows, title, text_columns=(1,))),
    ]


def _without_degrees(models: dict, names: dict) -> dict:
    """The curves, with no level where a corruption has no unit: it is there or not."""
    return {
        model: {
            corruption: points if names[corruption][1] else [{**point, "level": None} for point in points]
            for corruption, points in by_corruption.items()
        }
        for model, by_corruption in models.items()
    }


def _level(level: float, unit: str) -> str:
    return f"{level:g} {unit}" if unit else "applied"

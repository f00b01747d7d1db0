"""Scores on other data, in words and cells: for report, model card and terminal."""

from stressid_keras.analysis.probes.sentences import count
from stressid_keras.evaluation.floors import FLOORS
from stressid_keras.evaluation.metrics import MAIN
from stressid_keras.evaluation.models import display_name
from stressid_keras.reporting.tables import class_counts_text, interval, score_cells, score_header, text_table

UNHEARD = (
    "The models heard nothing of these people, of their microphone and room or, where it is another, of their "
    "language: networks and baselines learned, and their settings were chosen, on the run's own people alone."
)
READING = (
    "The teacher is not asked, for audio is all that was used. Floors know the classes of the run's own training part. "
    "Intervals resample the people of the other data."
)
MEAN_READING = (
    "Each score is the mean of the scores of all trainings, each asked about every window: what to expect of one "
    "model, not what all would say together. The intervals do not cover other trainings."
)


def elsewhere_text(metrics: dict) -> str:
    """All of it as text for the terminal; empty if nothing else was tested."""
    return "\n\n".join(
        "\n".join(
            [
                text_table(elsewhere_title(tested), score_header(metrics), elsewhere_rows(tested)),
                *elsewhere_notes(tested),
            ]
        )
        for tested in metrics.get("also_tested") or ()
    )


def elsewhere_title(tested: dict) -> str:
    """Whose people, how many trainings, and what was heard, in one line."""
    protocol = tested["protocol"]
    return (
        f"{tested['name']}: {protocol['name']}, {count(protocol['n_subjects'], 'subject')}, "
        f"{count(protocol['n_windows'], 'window')} ({class_counts_text(protocol)})"
    )


def elsewhere_rows(tested: dict) -> list[tuple[str, ...]]:
    """Cells under `score_header`, a row per model, baseline and floor."""
    rows = [
        (display_name(model), *score_cells(scores, interval(scores[f"{MAIN}_interval"])))
        for model, scores in tested["models"].items()
    ]
    return rows + [
        (f"floor: {name}", *score_cells(tested["floors"], "", prefix=f"{floor}_"))
        for floor, name in FLOORS.items()
    ]


def elsewhere_notes(tested: dict) -> list[str]:
    """What is to be known of one of the other data, besides that it was unheard."""
    theirs, own = tested["protocol"]["class_names"], tested["protocol"]["taken_for"]
    if theirs == own:
        return []
    return [
        f"The classes are called {', '.join(theirs)} there, and are taken for {', '.join(own)}, in this order."
    ]

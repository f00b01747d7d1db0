"""The score table, as rows of text for the report and as a block of text for the terminal."""

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.floors import FLOORS
from stressid_keras.evaluation.metrics import SCALAR_METRICS
from stressid_keras.evaluation.predictions import MODELS

MODEL_NAMES = {
    "teacher": "teacher",
    "student": "student",
    "student_ce": "same student, cross-entropy alone",
}
SHORT_NAMES = {**MODEL_NAMES, "student_ce": "control"}
FURTHER = {
    "within_task_balanced_accuracy": "within-task UAR",
    "auroc": "AUROC",
    "calibration_error": "calibration error",
    "brier": "Brier",
}
ABSENT = "-"


def score_table(metrics: dict, split: str = "test") -> str:
    """The scores of one split as text: a title, a row per model, a row per floor, a line per comparison.

    Args:
        metrics: the result of `score_run`, or `metrics.json` read back.
        split: train, val or test.

    Raises:
        StressIDError: `metrics` has no scores for that split.
    """
    rows = [score_header(metrics), *score_rows(metrics, split)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows
    ]
    rule = "-" * max(map(len, lines))
    return "\n".join(
        [
            score_title(metrics, split),
            rule,
            lines[0],
            rule,
            *lines[1:],
            rule,
            *comparison_lines(metrics, split),
        ]
    )


def comparison_lines(metrics: dict, split: str = "test") -> list[str]:
    """A sentence per compared pair of models: difference, interval, test, agreement, people needed to tell."""
    lines = []
    for name, by_split in metrics.get("comparisons", {}).items():
        if not (found := by_split.get(split)):
            continue
        first, second = (SHORT_NAMES[model] for model in name.split("_minus_"))
        f1 = found["macro_f1"]
        line = f"{first} - {second}: macro F1 {f1['difference']:+.3f}"
        if f1["p_value"] is not None:
            line += f" [{f1['low']:+.3f}, {f1['high']:+.3f}], p = {f1['p_value']:.3f}"
        line += f"; they agree on {found['agreement']:.0%} of the windows"
        if f1["subjects_needed"] is not None:
            line += f"; an effect of this size needs {_count(f1['subjects_needed'], 'subject')}"
        lines.append(line)
    return lines


def score_title(metrics: dict, split: str = "test") -> str:
    """Protocol, subjects, windows, class counts and seed in one line."""
    protocol = metrics["protocol"]
    part = protocol["splits"][split]
    return (
        f"{split}: {protocol['name']}, {_count(part['n_subjects'], 'subject')}, "
        f"{_count(part['n_windows'], 'window')} ({class_counts_text(part)}), seed {protocol['seed']}"
    )


def score_header(metrics: dict) -> tuple[str, ...]:
    confidence = f"{metrics['protocol']['confidence']:.0%}"
    return ("", "accuracy", "UAR", "macro F1", f"[{confidence} interval]", "weighted F1")


def score_rows(metrics: dict, split: str = "test") -> list[tuple[str, ...]]:
    """Cells under `score_header`; a model that scored other windows than its floors says how many.

    Raises:
        StressIDError: `metrics` has no scores for that split.
    """
    if split not in metrics["floors"]:
        found = ", ".join(metrics["floors"]) or "none"
        raise StressIDError(f"there are no scores for split {split!r}; found {found}.")
    rows = []
    common = metrics["protocol"]["splits"][split]["n_windows"]
    for model in MODELS:
        if scores := metrics.get(model, {}).get(split):
            other = scores["n_windows"] != common
            name = MODEL_NAMES[model] + (f" (on {_count(scores['n_windows'], 'window')})" if other else "")
            rows.append((name, *_cells(scores, interval(scores["macro_f1_interval"]))))
    for floor, name in FLOORS.items():
        rows.append((f"floor: {name}", *_cells(metrics["floors"][split], "", prefix=f"{floor}_")))
    return rows


def further_header(metrics: dict) -> tuple[str, ...]:
    names = metrics["protocol"]["class_names"]
    per_class = (f"{score} {name}" for score in ("recall", "precision", "AUROC") for name in names)
    return ("", *FURTHER.values(), *per_class)


def further_rows(metrics: dict, split: str = "test") -> list[tuple[str, ...]]:
    """Cells under `further_header`, a row per model and per floor."""
    names = metrics["protocol"]["class_names"]
    keys = [*FURTHER, *(f"{score}_{name}" for score in ("recall", "precision", "auroc") for name in names)]
    rows = [
        (MODEL_NAMES[model], *(number(scores[key]) for key in keys))
        for model in MODELS
        if (scores := metrics.get(model, {}).get(split))
    ]
    floors = metrics["floors"][split]
    return rows + [
        (f"floor: {name}", *(number(floors.get(f"{floor}_{key}")) for key in keys))
        for floor, name in FLOORS.items()
    ]


def _cells(scores: dict, interval_text: str, prefix: str = "") -> tuple[str, ...]:
    accuracy, uar, macro_f1, weighted_f1 = (number(scores[prefix + name]) for name in SCALAR_METRICS)
    return accuracy, uar, macro_f1, interval_text, weighted_f1


def number(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.3f}"


def interval(ends: list[float | None]) -> str:
    return ABSENT if None in ends else f"[{number(ends[0])}, {number(ends[1])}]"


def class_counts_text(part: dict) -> str:
    return ", ".join(f"{name} {count}" for name, count in part["class_counts"].items())


def _count(value: int | None, noun: str) -> str:
    if value is None:
        return f"unknown number of {noun}s"
    return f"{value} {noun}" + ("" if value == 1 else "s")

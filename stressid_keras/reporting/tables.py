"""The score table: rows of text for the report, a block of text for the terminal, CSV for everything else."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.floors import FLOORS
from stressid_keras.evaluation.metrics import SCALAR_METRICS, recall_by_class
from stressid_keras.evaluation.models import NETWORKS, display_name, short_name
from stressid_keras.provenance import atomic_path

FURTHER = {
    "within_task_balanced_accuracy": "within-task UAR",
    "auroc": "AUROC",
    "calibration_error": "calibration error",
    "brier": "Brier",
}
ABSENT = "-"


def score_table(metrics: dict, split: str = "test") -> str:
    """The scores of one split as text: a title, a row per model, baseline and floor, a line per comparison.

    Args:
        metrics: the result of `score_run`, or `metrics.json` read back.
        split: train, val or test.

    Raises:
        StressIDError: `metrics` has no scores for that split.
    """
    table = text_table(score_title(metrics, split), score_header(metrics), score_rows(metrics, split))
    return "\n".join([table, *comparison_lines(metrics, split)])


def text_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells in columns for the terminal: the first flush left, the others flush right."""
    rows = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows
    ]
    rule = "-" * max(map(len, lines))
    return "\n".join([title, rule, lines[0], rule, *lines[1:], rule])


def comparison_lines(metrics: dict, split: str = "test") -> list[str]:
    """A sentence per compared pair of models: difference, interval, test, agreement, people needed to tell."""
    lines = []
    for name, by_split in metrics.get("comparisons", {}).items():
        models = name.split("_minus_")
        if not (found := by_split.get(split)) or not set(models) <= set(NETWORKS):
            continue
        first, second = map(short_name, models)
        f1 = found["macro_f1"]
        line = f"{first} - {second}: macro F1 {f1['difference']:+.3f}"
        if f1["p_value"] is not None:
            p_value = "< 0.001" if f1["p_value"] < 0.001 else f"= {f1['p_value']:.3f}"
            line += f" [{f1['low']:+.3f}, {f1['high']:+.3f}], p {p_value}"
        line += f"; they agree on {found['agreement']:.0%} of the windows"
        if f1["subjects_needed"] is not None:
            line += f"; an effect of this size needs {count(f1['subjects_needed'], 'subject')}"
        lines.append(line)
    return lines


def comparison_header(metrics: dict) -> tuple[str, ...]:
    confidence = f"[{metrics['protocol']['confidence']:.0%} interval]"
    effect = ("p", "effect size", "subjects needed", "agreement", "kappa")
    return ("", "macro F1", confidence, *effect, "UAR", confidence, "p (UAR)")


def comparison_rows(metrics: dict, split: str = "test") -> list[tuple[str, ...]]:
    """Cells under `comparison_header`, a row per compared pair of models."""
    rows = []
    for name, by_split in metrics.get("comparisons", {}).items():
        if found := by_split.get(split):
            f1, uar = found["macro_f1"], found["balanced_accuracy"]
            needed = f1["subjects_needed"]
            rows.append(
                (
                    " - ".join(map(short_name, name.split("_minus_"))),
                    signed(f1["difference"]),
                    signed_interval(f1["low"], f1["high"]),
                    number(f1["p_value"]),
                    number(f1["effect_size"]),
                    ABSENT if needed is None else str(needed),
                    *(number(found[key]) for key in ("agreement", "kappa")),
                    signed(uar["difference"]),
                    signed_interval(uar["low"], uar["high"]),
                    number(uar["p_value"]),
                )
            )
    return rows


def score_title(metrics: dict, split: str = "test") -> str:
    """Protocol, subjects, windows, class counts and seeds in one line: the title of every table."""
    protocol = metrics["protocol"]
    part = protocol["splits"][split]
    return (
        f"{split}: {protocol['name']}, {count(part['n_subjects'], 'subject')}, "
        f"{count(part['n_windows'], 'window')} ({class_counts_text(part)}), {seeds_text(protocol)}"
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
    protocol = metrics["protocol"]
    common = protocol["splits"][split]["n_windows"] * len(protocol["seeds"])  # each repeat asks all of them
    for model, scores in scored_models(metrics, split):
        asked = scores["n_windows"]
        name = display_name(model) + (f" (on {count(asked, 'window')})" if asked != common else "")
        rows.append((name, *_cells(scores, interval(scores["macro_f1_interval"]))))
    for floor, name in FLOORS.items():
        rows.append((f"floor: {name}", *_cells(metrics["floors"][split], "", prefix=f"{floor}_")))
    availability = metrics.get("probes", {}).get("availability")
    if availability and split == "test":
        name = f"floor: availability (of {count(availability['n_recordings'], 'labelled recording')})"
        rows.append((name, *_cells(availability, interval(availability["macro_f1_interval"]))))
    return rows


def scored_models(metrics: dict, split: str) -> list[tuple[str, dict]]:
    """(model, scores) of the networks and baselines that have scores on a split."""
    homes = [(model, metrics.get(model, {})) for model in NETWORKS]
    homes += metrics.get("baselines", {}).items()
    return [(model, by_split[split]) for model, by_split in homes if split in by_split]


def further_header(metrics: dict) -> tuple[str, ...]:
    names = metrics["protocol"]["class_names"]
    per_class = (f"{score} {name}" for score in ("recall", "precision", "AUROC") for name in names)
    return ("", *FURTHER.values(), *per_class)


def further_rows(metrics: dict, split: str = "test") -> list[tuple[str, ...]]:
    """Cells under `further_header`, a row per model and per floor."""
    names = metrics["protocol"]["class_names"]
    keys = [*FURTHER, *(f"{score}_{name}" for score in ("recall", "precision", "auroc") for name in names)]
    rows = [
        (display_name(model), *(number(scores[key]) for key in keys))
        for model, scores in scored_models(metrics, split)
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


def signed(value: float | None) -> str:
    return ABSENT if value is None else f"{value:+.3f}"


def with_interval(scores: dict, name: str) -> tuple[str, str]:
    """A score and its interval."""
    return number(scores[name]), interval(scores[f"{name}_interval"])


def signed_interval(low: float | None, high: float | None) -> str:
    return ABSENT if low is None or high is None else f"[{signed(low)}, {signed(high)}]"


def interval(ends: list[float | None]) -> str:
    return ABSENT if None in ends else f"[{number(ends[0])}, {number(ends[1])}]"


def class_counts_text(part: dict) -> str:
    return ", ".join(f"{name} {count}" for name, count in part["class_counts"].items())


def seeds_text(protocol: dict) -> str:
    seeds = protocol["seeds"]
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"


def count(value: int | None, noun: str) -> str:
    if value is None:
        return f"unknown number of {noun}s"
    return f"{value} {noun}" + ("" if value == 1 else "s")


def write_score_tables(folder: Path, metrics: dict, predictions: pd.DataFrame) -> None:
    """Write `scores.csv`, a row per split and model, baseline or floor, and `subjects.csv`, one per subject too."""
    rows = []
    for split in metrics["floors"]:
        for model, scores in scored_models(metrics, split):
            rows.append({"split": split, "model": model, **_plain(scores)})
        for floor in FLOORS:
            found = metrics["floors"][split]
            start = f"{floor}_"
            own = {key.removeprefix(start): value for key, value in found.items() if key.startswith(start)}
            rows.append({"split": split, "model": f"floor_{floor}", **own})
    by_subject = [
        {
            "split": split,
            "model": model,
            "subject": subject,
            "n_windows": len(some),
            "accuracy": (some["label"] == some["predicted"]).mean(),
            "balanced_accuracy": recall_by_class(some).mean(),
        }
        for (split, model, subject), some in predictions.groupby(["split", "model", "subject"])
    ]
    for name, table in (("scores.csv", rows), ("subjects.csv", by_subject)):
        with atomic_path(Path(folder) / name) as temporary:
            pd.DataFrame(table).to_csv(temporary, index=False)


def _plain(scores: dict) -> dict:
    """Numbers of a model's scores; an interval as two."""
    plain = {}
    for key, value in scores.items():
        if key.endswith("_interval"):
            plain |= {
                f"{key.removesuffix('_interval')}_low": value[0],
                f"{key.removesuffix('_interval')}_high": value[1],
            }
        elif not isinstance(value, dict | list):
            plain[key] = value
    return plain

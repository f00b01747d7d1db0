"""The score table: rows of text for the report, a block of text for the terminal, CSV for everything else."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from stressid_keras.analysis.probes import PROBES
from stressid_keras.analysis.probes.sentences import count
from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.floors import FLOORS
from stressid_keras.evaluation.metrics import (
    MAIN,
    METRICS,
    Metric,
    compared_metrics,
    counted_metrics,
    per_class_metrics,
    recall_by_class,
)
from stressid_keras.evaluation.models import NETWORKS, display_name, short_name
from stressid_keras.provenance import atomic_path

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
    for name, by_split in (metrics.get("comparisons") or {}).items():
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
    main, *others = (metric.title for metric in compared_metrics().values())
    further = (name for title in others for name in (title, confidence, f"p ({title})"))
    return ("", main, confidence, *effect, *further)


def comparison_rows(metrics: dict, split: str = "test") -> list[tuple[str, ...]]:
    """Cells under `comparison_header`, a row per compared pair of models."""
    rows = []
    for name, by_split in (metrics.get("comparisons") or {}).items():
        if found := by_split.get(split):
            main, *others = (found[metric] for metric in compared_metrics())
            needed = main["subjects_needed"]
            rows.append(
                (
                    " - ".join(map(short_name, name.split("_minus_"))),
                    *_difference(main),
                    number(main["p_value"]),
                    number(main["effect_size"]),
                    ABSENT if needed is None else str(needed),
                    *(number(found[key]) for key in ("agreement", "kappa")),
                    *(cell for other in others for cell in (*_difference(other), number(other["p_value"]))),
                )
            )
    return rows


def _difference(compared: dict) -> tuple[str, str]:
    return signed(compared["difference"]), signed_interval(compared["low"], compared["high"])


def score_title(metrics: dict, split: str = "test") -> str:
    """Protocol, subjects, windows, class counts and seeds in one line: the title of every table."""
    protocol = metrics["protocol"]
    part = protocol["splits"][split]
    return (
        f"{split}: {protocol['name']}, {count(part['n_subjects'], 'subject')}, "
        f"{count(part['n_windows'], 'window')} ({class_counts_text(part)}), {seeds_text(protocol)}"
    )


def score_header(metrics: dict) -> tuple[str, ...]:
    return ("", *with_main_interval(f"[{metrics['protocol']['confidence']:.0%} interval]", _title))


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
        rows.append((name, *score_cells(scores, interval(scores[f"{MAIN}_interval"]))))
    for floor, name in FLOORS.items():
        rows.append((f"floor: {name}", *score_cells(metrics["floors"][split], "", prefix=f"{floor}_")))
    if split == "test":
        rows += [
            (f"floor: {name}", *score_cells(found, interval(found[f"{MAIN}_interval"])))
            for name, found in probe_floors(metrics).items()
        ]
    return rows


def scored_models(metrics: dict, split: str) -> list[tuple[str, dict]]:
    """(model, scores) of the networks and baselines that have scores on a split."""
    homes = [(model, metrics.get(model, {})) for model in NETWORKS]
    homes += (metrics.get("baselines") or {}).items()
    return [(model, by_split[split]) for model, by_split in homes if split in by_split]


def probe_floors(metrics: dict) -> dict[str, dict]:
    """Scores of the test subjects that no model may need, by the name of the probe and what it was asked."""
    floors = {}
    for probe in PROBES.ordered():
        found = (metrics.get("probes") or {}).get(probe.name)
        if probe.floor and found:
            key, noun = probe.floor
            floors[f"{probe.name} (of {count(found.get(key), noun)})"] = found
    return floors


def further_metrics() -> list[Metric]:
    """Metrics that do not stand in the score table: single numbers, then those per class."""
    single = [metric for metric in METRICS.ordered() if not (metric.is_counted or metric.is_per_class)]
    return [*single, *per_class_metrics().values()]


def further_header(metrics: dict) -> tuple[str, ...]:
    names = metrics["protocol"]["class_names"]
    return ("", *(title for metric in further_metrics() for title in _titles(metric, names)))


def further_rows(metrics: dict, split: str = "test") -> list[tuple[str, ...]]:
    """Cells under `further_header`, a row per model and per floor."""
    names = metrics["protocol"]["class_names"]
    keys = [(key, metric) for metric in further_metrics() for key in metric.names(names)]
    rows = [
        (display_name(model), *(number(scores[key], metric.decimals) for key, metric in keys))
        for model, scores in scored_models(metrics, split)
    ]
    floors = metrics["floors"][split]
    return rows + [
        (f"floor: {name}", *(number(floors.get(f"{floor}_{key}"), metric.decimals) for key, metric in keys))
        for floor, name in FLOORS.items()
    ]


def with_main_interval(interval_text: str, cell: Callable[[Metric], str]) -> list[str]:
    """A cell per counted metric, that of the interval behind the main one."""
    cells = []
    for name, metric in counted_metrics().items():
        cells += [cell(metric), interval_text] if name == MAIN else [cell(metric)]
    return cells


def _title(metric: Metric) -> str:
    return metric.title


def _titles(metric: Metric, class_names: Sequence[str]) -> list[str]:
    return [f"{metric.title} {name}" for name in class_names] if metric.is_per_class else [metric.title]


def score_cells(scores: dict, interval_text: str, prefix: str = "") -> list[str]:
    """Cells under `score_header` but for the first; of floors, those whose names begin with the prefix."""
    return with_main_interval(
        interval_text, lambda metric: number(scores[prefix + metric.name], metric.decimals)
    )


def number(value: float | None, decimals: int = 3) -> str:
    return ABSENT if value is None else f"{value:.{decimals}f}"


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

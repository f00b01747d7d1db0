"""The scores of a model card, as Markdown; nothing where `metrics.json` has nothing."""

from collections.abc import Callable

from stressid_keras.analysis.probes import PROBES
from stressid_keras.config import CORRUPTIONS
from stressid_keras.evaluation.floors import FLOORS
from stressid_keras.evaluation.metrics import METRICS, Metric
from stressid_keras.evaluation.models import NETWORKS, display_name, short_name
from stressid_keras.reporting.elsewhere import elsewhere_notes, elsewhere_title
from stressid_keras.reporting.markdown import escaped, table
from stressid_keras.reporting.tables import ABSENT, interval, number, probe_floors, with_main_interval

DIFFERENCE = "_minus_"


def split_score_table(metrics: dict, split: str) -> str:
    """A row per model, baseline and floor; empty if no model has scores."""
    rows = [
        _score_row(display_name(model), scores)
        for model in NETWORKS
        if (scores := (metrics.get(model) or {}).get(split))
    ]
    if not rows:
        return ""
    rows += [
        _score_row(f"baseline: {escaped(display_name(name))}", by_split[split])
        for name, by_split in (metrics.get("baselines") or {}).items()
        if by_split and by_split.get(split)
    ]
    floors = (metrics.get("floors") or {}).get(split) or {}
    rows += _floor_rows(floors)
    if split == "test":
        rows += [_score_row(f"floor: {name}", found) for name, found in probe_floors(metrics).items()]
    return table(_score_header(split, metrics), rows)


def elsewhere_tables(metrics: dict) -> list[str]:
    """Of each of the other data that was heard: what it is, a row per model, baseline and floor, what to know of it."""
    pieces = []
    for tested in metrics.get("also_tested") or ():
        rows = [
            _score_row(
                display_name(model) if model in NETWORKS else f"baseline: {display_name(model)}", scores
            )
            for model, scores in tested["models"].items()
        ]
        pieces.append(f"{escaped(elsewhere_title(tested))}:")
        pieces.append(table(_score_header("other data", metrics), rows + _floor_rows(tested["floors"])))
        pieces += map(escaped, elsewhere_notes(tested))
    return pieces


def difference_table(metrics: dict, split: str) -> str:
    """A row per compared pair of models: what the difference is, and what other people might have shown."""
    rows = []
    for name, by_split in (metrics.get("comparisons") or {}).items():
        found = ((by_split or {}).get(split) or {}).get("macro_f1")
        if found:
            value = found.get("difference")
            ends = [found.get("low"), found.get("high")]
            rows.append(
                (
                    " minus ".join(escaped(short_name(model)) for model in name.split(DIFFERENCE)),
                    ABSENT if value is None else f"{value:+.3f}",
                    ABSENT if None in ends else f"[{ends[0]:+.3f}, {ends[1]:+.3f}]",
                    number(found.get("p_value")),
                    str(found.get("n_subjects") or ABSENT),
                    str(found.get("subjects_needed") or ABSENT),
                )
            )
    header = (
        "macro F1, paired by subject",
        "difference",
        _confidence(metrics),
        "p",
        "subjects",
        "subjects needed",
    )
    return table(header, rows) if rows else ""


def reading_lines(metrics: dict, split: str) -> list[str]:
    """Whether each network stands above the highest floor, in words."""
    floors = (metrics.get("floors") or {}).get(split) or {}
    heights = {name: floors.get(f"{key}_macro_f1") for key, name in FLOORS.items()}
    probed = metrics.get("probes") or {}
    heights |= {
        probe.name: (probed.get(probe.name) or {}).get("macro_f1")
        for probe in PROBES.ordered()
        if probe.floor
    }
    heights = {name: height for name, height in heights.items() if height is not None}
    if not heights:
        return []
    highest = max(heights, key=heights.get)
    lines = []
    for model in NETWORKS:
        scores = (metrics.get(model) or {}).get(split) or {}
        low, _ = scores.get("macro_f1_interval") or (None, None)
        if scores.get("macro_f1") is None:
            continue
        floor = f"the highest floor ({highest}, {number(heights[highest])})"
        if scores["macro_f1"] <= heights[highest]:
            verdict = f"is not above {floor}"
        elif low is None or low <= heights[highest]:
            verdict = f"is above {floor}, but its interval is not"
        else:
            verdict = f"is above {floor}, and so is its whole interval"
        lines.append(f"The {short_name(model)} {verdict}.")
    return lines


def robustness_table(metrics: dict) -> str:
    """A row per corruption and model: untouched, and where it is worst."""
    rows = []
    for model, curves in (metrics.get("robustness") or {}).items():
        if model not in NETWORKS:
            continue
        for corruption, points in (curves or {}).items():
            scored = [point for point in points or () if point.get("macro_f1") is not None]
            changed = [point for point in scored if point.get("level") != "clean"]
            if changed:
                clean = next((point["macro_f1"] for point in scored if point.get("level") == "clean"), None)
                worst = min(changed, key=lambda point: point["macro_f1"])
                rows.append(
                    (
                        escaped(corruption.replace("_", " ")),
                        short_name(model),
                        number(clean),
                        number(worst["macro_f1"]),
                        interval(worst.get("macro_f1_interval") or [None]),
                        _level(worst.get("level"), corruption),
                    )
                )
    header = ("corruption", "model", "macro F1, clean", "macro F1, worst", _confidence(metrics), "at level")
    return table(header, sorted(rows), text_columns=2) if rows else ""


def fairness_table(metrics: dict) -> str:
    rows = [
        (
            escaped(short_name(model)),
            escaped(group),
            str(scores.get("n_subjects") or ABSENT),
            number(scores["macro_f1"]),
            interval(scores.get("macro_f1_interval") or [None]),
        )
        for model, found in (metrics.get("fairness") or {}).items()
        for group, scores in ((found or {}).get("groups") or {}).items()
        if model in NETWORKS and (scores or {}).get("macro_f1") is not None
    ]
    header = ("model", "group", "subjects", "macro F1", _confidence(metrics))
    return table(header, rows, text_columns=2) if rows else ""


def audit_lines(metrics: dict) -> list[str]:
    """What a leaky protocol would have claimed."""
    lines = []
    for model, audit in (metrics.get("leakage_audit") or {}).items():
        honest, leaky = (((audit or {}).get(way) or {}).get("macro_f1") for way in ("by_subject", "random"))
        if honest is not None and leaky is not None:
            name = escaped(short_name(model))
            lines.append(
                f"Leakage audit: under a random split, with people on both sides, {name} would have macro F1 "
                f"{number(leaky)} (leaky), and {number(honest)} by subject in as many folds, once."
            )
    return lines


def _score_row(name: str, scores: dict) -> tuple[str, ...]:
    ends = interval(scores["macro_f1_interval"]) if scores.get("macro_f1_interval") else ""
    return (name, *_cells(ends, lambda metric: number(scores.get(metric.name), metric.decimals)))


def _floor_rows(floors: dict) -> list[tuple[str, ...]]:
    return [
        _score_row(f"floor: {name}", {key: floors.get(f"{floor}_{key}") for key in METRICS})
        for floor, name in FLOORS.items()
        if floors.get(f"{floor}_macro_f1") is not None
    ]


def _score_header(first: str, metrics: dict) -> tuple[str, ...]:
    return (first, *_cells(_confidence(metrics), lambda metric: metric.title))


def _cells(interval_text: str, cell: Callable[[Metric], str]) -> list[str]:
    """A cell per counted metric and interval, then those of further metrics that belong on a card."""
    further = (metric for metric in METRICS.ordered() if metric.on_card and not metric.is_counted)
    return [*with_main_interval(interval_text, cell), *map(cell, further)]


def _confidence(metrics: dict) -> str:
    confidence = (metrics.get("protocol") or {}).get("confidence")
    return "interval" if confidence is None else f"{confidence:.0%} interval"


def _level(level, corruption: str) -> str:
    if not isinstance(level, int | float):
        return escaped(level if level is not None else ABSENT)
    unit = CORRUPTIONS[corruption].unit if corruption in CORRUPTIONS else ""
    return f"{level:g} {unit}".rstrip()

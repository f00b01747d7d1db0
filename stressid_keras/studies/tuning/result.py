"""What a search leaves: the best configuration, every trial, and what it was worth on others."""

from pathlib import Path

from stressid_keras.errors import StressIDError
from stressid_keras.provenance import versions, write_json, write_text
from stressid_keras.reporting import figures
from stressid_keras.reporting.page import element, page, table
from stressid_keras.reporting.tables import number, signed, signed_interval, text_table
from stressid_keras.studies.tuning.held_out import held_out_gain
from stressid_keras.studies.tuning.importance import importances
from stressid_keras.studies.tuning.search import OBJECTIVE, Progress, Search, TrialScores

TITLE = "Search"
METRIC_NAMES = {"macro_f1": "macro F1", "balanced_accuracy": "UAR"}
READING = (
    "The score of a trial is the mean unweighted average recall over folds of people whom the run does not test on. "
    "The best of many scores is too good: what the search was worth is the difference on the people that it never saw."
)
SHOWN = 10  # trials on the screen


def tune(search: Search, progress: Progress | None = None) -> dict:
    """Run the search and leave `tuned.json`, for `--config`, and `tuning.html`; the content of the former.

    Args:
        search: run, or gone on with if it was interrupted.
        progress: as for `Search.run`.
    """
    default, *trials = search.run(progress)
    best = trials[0]
    config = search.full_config(best)
    whole = [trial for trial in trials if trial.score is not None and trial.epochs == best.epochs]
    options = search.options
    found = {
        "config": config.to_dict(),
        "search": {
            "network": options.network,
            "tuner": options.tuner,
            "objective": f"mean {OBJECTIVE} of {options.folds} folds by subject, {options.repeats} seeds",
            "folds": options.folds,
            "repeats": options.repeats,
            "seed": search.context.config.seed,
            "dimensions": list(search.space.values),
            "data": search.data_key,
            "versions": versions(),
        },
        "default": {"score": default.score, "values": default.values},
        "trials": [_trial(trial, len(search.folds)) for trial in trials],
        "importance": importances(
            [trial.values for trial in whole], [trial.score for trial in whole], search.context.config.seed
        ),
        "held_out": _held_out(search, config),
    }
    write_json(search.context.output_dir / "tuned.json", found)
    write_report(search.context.output_dir / "tuning.html", found)
    return found


def result_table(found: dict) -> str:
    """The best trials and what the search was worth, for the terminal."""
    header, rows = _trial_rows(found)
    return "\n\n".join([text_table(TITLE, header, rows[: SHOWN + 1]), *_sentences(found)])


def write_report(path: Path, found: dict) -> None:
    """The whole of it as one file that loads nothing."""
    header, rows = _trial_rows(found)
    sections = [
        element("h1", TITLE),
        element("p", READING),
        *[element("p", each) for each in _sentences(found)],
    ]
    sections.append(
        figures.search_figure([trial["score"] for trial in _as_tried(found)], found["default"]["score"])
    )
    sections.append(table(header, rows, f"{found['search']['objective']}; {found['search']['tuner']}"))
    if found["importance"]:
        shares = [(name, f"{share:.0%}") for name, share in found["importance"].items()]
        sections.append(table(("value", "importance"), shares, "What the scores of the trials depend on"))
    write_text(path, page(TITLE, sections))


def _held_out(search: Search, config) -> dict:
    try:
        return held_out_gain(search, config)
    except StressIDError as error:  # the search itself is done, and kept
        search.context.reporter.warn(str(error))
        return {"failed": str(error)}


def _trial(trial: TrialScores, folds: int) -> dict:
    state = "failed" if trial.failed else "pruned" if len(trial.scores) < folds else "scored"
    found = {"trial": trial.number, "state": state, "score": trial.score, "folds": len(trial.scores)}
    if trial.epochs:
        found["epochs"] = trial.epochs
    if trial.failed:
        found["reason"] = trial.failed
    return found | {"values": {name: value for name, value in trial.values.items() if "/" not in name}}


def _as_tried(found: dict) -> list[dict]:
    return sorted(found["trials"], key=lambda trial: int(trial["trial"]))


def _trial_rows(found: dict) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    names = list(dict.fromkeys(name for trial in found["trials"] for name in trial["values"]))
    header = ("trial", "UAR", "state", *names)
    default = found["default"]
    rows = [("default", number(default["score"]), "scored", *_texts(default["values"], names))]
    for trial in found["trials"]:
        rows.append((trial["trial"], number(trial["score"]), trial["state"], *_texts(trial["values"], names)))
    return header, rows


def _texts(values: dict, names: list[str]) -> list[str]:
    found = [values.get(name) for name in names]
    return [
        "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value) for value in found
    ]


def _sentences(found: dict) -> list[str]:
    best, default, held_out = found["trials"][0], found["default"]["score"], found["held_out"]
    sentences = [
        f"The best of {len(found['trials'])} trials scores {best['score']:.3f}, the configuration as it was "
        f"{default:.3f}: "
        f"{signed(best['score'] - default)} on the people by whom it was chosen, which is too good."
    ]
    if "failed" in held_out:
        return [*sentences, f"What it is worth on others is unknown: {held_out['failed']}"]
    gains = []
    for metric, compared in held_out["difference"].items():
        ends = "" if compared["low"] is None else f" {signed_interval(compared['low'], compared['high'])}"
        gains.append(
            f"{METRIC_NAMES[metric]} {held_out['tuned'][metric]:.3f} instead of {held_out['default'][metric]:.3f}, "
            f"{signed(compared['difference'])}{ends}"
        )
    count = next(iter(held_out["difference"].values()))["n_subjects"]
    people = "one person whom" if count == 1 else f"{count} people whom"
    return [
        *sentences,
        f"On the {people} the search never saw, with {held_out['seeds']} seeds: {'; '.join(gains)}.",
    ]

"""What a search leaves: the best configuration, every trial, and what it was worth on others."""

from pathlib import Path

from stressid_keras.errors import StressIDError
from stressid_keras.provenance import versions, write_json, write_text
from stressid_keras.reporting import figures
from stressid_keras.reporting.page import element, page, table
from stressid_keras.reporting.tables import number, signed, signed_interval, text_table
from stressid_keras.studies.tuning.held_out import held_out_gain
from stressid_keras.studies.tuning.importance import importances
from stressid_keras.studies.tuning.loop import OBJECTIVE
from stressid_keras.studies.tuning.search import Progress, Search
from stressid_keras.studies.tuning.trials import DEFAULT, TrialScores

TITLE = "Search"
METRIC_NAMES = {"macro_f1": "macro F1", "balanced_accuracy": "UAR"}
READING = (
    "The score of a trial is the mean unweighted average recall over folds of people whom the run does not test on. "
    "The best of many scores is optimistic: what the search was worth is the difference on the people it never saw."
)
SHOWN = 10  # trials on the screen


def tune(search: Search, progress: Progress | None = None) -> dict:
    """Run the search and leave `tuned.json`, for `--config`, and `tuning.html`; the content of the former.

    Args:
        search: run, or gone on with if it was interrupted.
        progress: as for `Search.run`.
    """
    default, *trials = search.run(progress)
    whole = [trial for trial in trials if trial.is_whole and not trial.epochs]
    best = max([default, *whole], key=lambda trial: trial.score)  # of equals the default
    options = search.options
    found = {
        "config": best.config.to_dict(),
        "search": {
            "network": options.network,
            "tuner": options.tuner,
            "objective": f"mean {OBJECTIVE} of {options.folds} folds by subject, {options.repeats} seeds",
            "folds": options.folds,
            "repeats": options.repeats,
            "trials": options.trials,
            "seed": search.context.config.seed,
            "dimensions": list(search.names),
            "data": search.data_key,
            "versions": versions(),
        },
        "best": best.number,
        "default": {"score": default.score, "values": default.values},
        "trials": [_trial(trial, default) for trial in trials],
        "importance": importances(
            [trial.values for trial in whole], [trial.score for trial in whole], search.context.config.seed
        ),
        "held_out": _held_out(search, best),
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
    tried = sorted(found["trials"], key=lambda trial: int(trial["trial"]))
    scores, whole = [trial["beside"] for trial in tried], [trial["state"] == "scored" for trial in tried]
    sections.append(figures.search_figure(scores, whole, found["default"]["score"]))
    sections.append(table(header, rows, f"{found['search']['objective']}; {found['search']['tuner']}"))
    if found["importance"]:
        shares = [(name, f"{share:.0%}") for name, share in found["importance"].items()]
        sections.append(table(("value", "importance"), shares, "What the scores of the trials depend on"))
    write_text(path, page(TITLE, sections))


def _held_out(search: Search, best: TrialScores) -> dict:
    if best.number == DEFAULT:
        return {}  # which is compared with itself
    try:
        return held_out_gain(search, best.config)
    except StressIDError as error:  # the search itself is done, and kept
        search.context.reporter.warn(str(error))
        return {"failed": str(error)}


def _trial(trial: TrialScores, default: TrialScores) -> dict:
    state = "failed" if trial.failed else "scored" if trial.is_whole else "pruned"
    if trial.is_whole and trial.epochs:
        state = "short"
    found = {
        "trial": trial.number,
        "state": state,
        "score": trial.score,
        "folds": len(trial.scores),
        "beside": trial.beside(default),
    }
    if trial.epochs:
        found["epochs"] = trial.epochs
    if trial.failed:
        found["reason"] = trial.failed
    return found | {"values": trial.values}


def _trial_rows(found: dict) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    names = list(dict.fromkeys(name for trial in found["trials"] for name in trial["values"]))
    header = ("trial", "UAR", "state", *names)
    default = found["default"]
    rows = [("default", number(default["score"]), "scored", *_texts(default["values"], names))]
    for trial in found["trials"]:
        state = trial["state"] + (f", {trial['epochs']} epochs" if "epochs" in trial else "")
        rows.append((trial["trial"], number(trial["score"]), state, *_texts(trial["values"], names)))
    return header, rows


def _texts(values: dict, names: list[str]) -> list[str]:
    found = [values.get(name) for name in names]
    return [
        "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value) for value in found
    ]


def _sentences(found: dict) -> list[str]:
    default, held_out, count = found["default"]["score"], found["held_out"], len(found["trials"])
    if found["best"] == DEFAULT:
        return [
            f"None of {count} trials scores more than the configuration as it was, {default:.3f}, which is kept."
        ]
    best = next(trial for trial in found["trials"] if trial["trial"] == found["best"])
    sentences = [
        f"The best of {count} trials scores {best['score']:.3f}, the configuration as it was {default:.3f}: "
        f"{signed(best['score'] - default)} on the very people by whom it was chosen, so it is optimistic."
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

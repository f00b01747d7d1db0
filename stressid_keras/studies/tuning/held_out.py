"""What a search was worth: its winner and the configuration as it was, on people whom no trial saw."""

import concurrent.futures
import dataclasses

import pandas as pd

from stressid_keras.config import RunConfig, deciding
from stressid_keras.errors import StressIDError
from stressid_keras.evaluation.comparisons import compare_models
from stressid_keras.provenance import fingerprint
from stressid_keras.studies.tuning.search import Search
from stressid_keras.studies.tuning.trial_folds import METRICS, PREDICTIONS, fold_context, outer_folds, scored
from stressid_keras.workflow.data import prepare

FEWEST_SEEDS = 3
COMPARED = ("difference", "low", "high", "p_value", "n_subjects")


def held_out_gain(search: Search, best: RunConfig) -> dict:
    """Scores of the winner and of the configuration as it was, on the people whom the run tests on.

    The search chose the greatest of many scores, so that the winner's own is too good (the winner's curse); here it is
    trained on the run's training people with several seeds, and asked about those whom the run tests on. What won by
    chance gains nothing here.

    Args:
        search: that has run.
        best: the configuration that won.

    Returns:
        `seeds`; of `tuned` and `default`, by metric, that of the answers of all seeds; `difference`, by metric, with
        what `compare_models` says of it: of the same answers, paired by subject, with its interval.

    Raises:
        StressIDError: one of them cannot be trained.
    """
    seeds = max(FEWEST_SEEDS, search.options.repeats)
    configs = {"tuned": best, "default": search.context.config}
    with search.context.writing(), search.workers() as workers:
        contexts = {name: _contexts(search, config, seeds) for name, config in configs.items()}
        calls = {}
        for name, order in (("tuned", 1), ("default", -1)):  # from both ends, as the trials of `Loop`
            own = contexts[name][::order]
            chunks = [own[i : i + workers.at_once] for i in range(0, seeds, workers.at_once)]
            calls[name] = [workers.submit(chunk, search.options.network, search.data_key) for chunk in chunks]
        concurrent.futures.wait([future for futures in calls.values() for future in futures])
        scores = {name: [score for each in found for score in each.result()] for name, found in calls.items()}
    for name, found in scores.items():
        if reason := next((score["failed"] for score in found if "failed" in score), ""):
            raise StressIDError(f"the {name} configuration failed on the people that are tested on: {reason}")
    tables = {name: _predictions(each) for name, each in contexts.items()}
    compared = {
        metric: compare_models(tables["tuned"], tables["default"], metric, seed=search.context.config.seed)
        for metric in METRICS
    }
    differences = {metric: {key: found[key] for key in COMPARED} for metric, found in compared.items()}
    names = prepare(search.context).class_names
    return {
        "seeds": seeds,
        **{name: scored(table, names) for name, table in tables.items()},
        "difference": differences,
    }


def _contexts(search: Search, config: RunConfig, seeds: int) -> list:
    folder = search.folder / "held_out" / fingerprint(deciding(dataclasses.replace(config, seed=0)))
    return [
        fold_context(search.context, config, search.options.network, fold, folder / fold.name, search.folder)
        for fold in outer_folds(search.context, seeds)
    ]


def _predictions(contexts: list) -> pd.DataFrame:
    from stressid_keras.evaluation import read_predictions

    tables = [read_predictions(context.output_dir.parent / PREDICTIONS) for context in contexts]
    return pd.concat([table.assign(repeat=repeat) for repeat, table in enumerate(tables)], ignore_index=True)

"""Searches of the tiny tree whose folds are scored by a formula in the place of a training, unless a test says so."""

import concurrent.futures
import contextlib
import dataclasses
import math

import numpy as np
import pytest

from stressid_keras.config import DistillationConfig
from stressid_keras.evaluation import predictions_table, write_predictions
from stressid_keras.studies.tuning import Search, SearchOptions
from stressid_keras.studies.tuning import workers as module
from stressid_keras.studies.tuning.trial_folds import score_stage
from stressid_keras.workflow import Run, prepare, read_index


class HereAndNow(concurrent.futures.Executor):
    """Does what is submitted at once, in this process."""

    def submit(self, function, *arguments, **options):
        future = concurrent.futures.Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture(scope="session")
def known(tiny_tree, tiny_store, tiny_config, tmp_path_factory):
    """A run whose index and prepared windows were found, which tests of other folders take from it."""
    config = dataclasses.replace(tiny_config, distillation=DistillationConfig(gamma=0.0, delta=0.0))
    context = Run(tiny_tree, tiny_store.path, tmp_path_factory.mktemp("known"), config).context
    prepare(context)
    return context


@pytest.fixture
def make_run(known, tmp_path):
    def make(**changes):
        config = dataclasses.replace(known.config, **changes)
        return known.branch(read_index, prepare, config=config, output_dir=tmp_path / "run")

    return make


@pytest.fixture
def make_search(make_run, monkeypatch):
    """make_search(scored, changes, **options) → a search that works in this process, of 3 folds unless it is told."""

    def make(changes=None, slots=1, **options):
        def workers(search):
            return contextlib.nullcontext(module.Workers(HereAndNow(), lambda: slots, len(search.folds), 1))

        monkeypatch.setattr(Search, "workers", workers)
        monkeypatch.setattr(module, "in_own_process", lambda function, *rest, **_: function(*rest))
        return Search(
            make_run(**(changes or {})),
            SearchOptions(**{"folds": 3, "trials": 4, "tuner": "random", **options}),
        )

    return make


def answer(context, network, file):
    """Predictions by chance, that of the fold and its seed and of the learning rate."""
    store, people = prepare(context), context.split.parts["test"]
    rows = store.manifest[store.manifest["subject"].isin(people)]
    rate = int(1e6 * getattr(context.config, f"{network}_training").learning_rate)
    random = np.random.default_rng([context.config.seed, rate])
    probabilities = random.dirichlet(np.ones(len(store.class_names)), len(rows))
    write_predictions(file, predictions_table(network, "test", rows, probabilities, store.class_names))


@pytest.fixture
def by_formula(monkeypatch):
    """Folds are scored by how near to .003 the learning rate is, and the first of each repeat is an easy one.

    Gives the contexts of the folds that were trained.
    """
    calls = []

    def score_folds(contexts, network, data_key):
        found = []
        for context in contexts:
            stage = score_stage(context, network, data_key)
            if not stage.is_current():
                calls.append(context)
                training = getattr(context.config, f"{network}_training")
                off = abs(math.log10(training.learning_rate / 0.003))
                epochs, easy = training.epochs / 100, 0.3 * ("fold0" in stage.folder.name)

                def work(stage=stage, context=context, score=0.6 - off / 4 + epochs + easy):
                    answer(context, network, stage.folder / "predictions.csv")
                    return {"balanced_accuracy": score, "macro_f1": score}

                stage.run(work)
            found.append(stage.record["summary"])
        return found

    monkeypatch.setattr(module, "score_folds", score_folds)
    return calls

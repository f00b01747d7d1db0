"""What a search leaves: a configuration, a page, and what the winner is worth on people whom no trial saw."""

import json

import numpy as np
import pytest

from stressid_keras.config import RunConfig, TrainingConfig
from stressid_keras.errors import StressIDError
from stressid_keras.studies.tuning import SearchOptions, result_table, tune
from stressid_keras.studies.tuning import workers as module
from stressid_keras.studies.tuning.held_out import held_out_gain
from stressid_keras.workflow.data import split_people

pytestmark = pytest.mark.filterwarnings("ignore:(currentThread|getName):DeprecationWarning")  # of keras-tuner


def test_a_search_ends_with_a_configuration_a_page_and_its_worth(make_search, by_formula):
    search = make_search(trials=10)
    found = tune(search)
    folder = search.context.output_dir
    kept = json.loads((folder / "tuned.json").read_text())
    assert kept == json.loads(json.dumps(found))
    best = kept["trials"][0]
    assert (
        RunConfig.from_dict(kept["config"]).student_training.learning_rate == best["values"]["learning_rate"]
    )
    assert len(kept["trials"]) == 10
    assert {trial["state"] for trial in kept["trials"]} == {"scored", "pruned"}
    assert kept["default"]["score"] == pytest.approx(0.6 - abs(np.log10(0.001 / 0.003)) / 4 + 0.02 + 0.1)
    assert kept["best"] == best["trial"]
    gained = {
        metric: kept["held_out"]["tuned"][metric] - kept["held_out"]["default"][metric]
        for metric in ("macro_f1", "balanced_accuracy")
    }
    differences = {metric: each["difference"] for metric, each in kept["held_out"]["difference"].items()}
    assert differences == pytest.approx(gained)
    told = result_table(found)
    assert f"{best['score']:.3f}, the configuration as it was {kept['default']['score']:.3f}" in told
    assert "On the one person whom the search never saw, with 3 seeds: UAR" in told
    page = (folder / "tuning.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert page.count("<tr>") >= 11


def test_the_worth_is_that_on_the_people_whom_the_run_tests_on(make_search, by_formula):
    search = make_search(trials=3)
    _, best, *_ = search.run()
    by_formula.clear()
    found = held_out_gain(search, best.config)
    assert len(by_formula) == 6
    tested = split_people(search.context).parts["test"]
    assert {context.split.parts["test"] for context in by_formula} == {tested}
    assert {context.config.seed for context in by_formula} == {0, 1, 2}
    for metric in ("macro_f1", "balanced_accuracy"):
        gain = found["tuned"][metric] - found["default"][metric]
        assert found["difference"][metric]["difference"] == pytest.approx(gain)


def test_a_search_that_found_nothing_better_keeps_what_there_was(make_search, by_formula):
    best_already = {"student_training": TrainingConfig(epochs=2, learning_rate=0.003)}
    search = make_search(best_already, trials=4)
    found = tune(search)
    assert found["best"] == "default"
    assert RunConfig.from_dict(found["config"]) == search.context.config
    assert found["held_out"] == {}
    assert "None of 4 trials scores more than the configuration as it was" in result_table(found)
    assert (search.context.output_dir / "tuning.html").is_file()


def test_the_configuration_as_it_was_gains_nothing_over_itself(make_search, by_formula):
    search = make_search()
    found = held_out_gain(search, search.context.config)
    assert found["tuned"] == found["default"]
    assert {each["difference"] for each in found["difference"].values()} == {0.0}


def test_a_winner_that_fails_on_others_leaves_the_search_and_says_so(make_search, by_formula, monkeypatch):
    search, right = make_search(trials=10), module.score_folds

    def score_folds(contexts, network, data_key):
        if "held_out" in contexts[0].output_dir.parts:
            return [{"failed": "ValueError: nothing"} for _ in contexts]
        return right(contexts, network, data_key)

    monkeypatch.setattr(module, "score_folds", score_folds)
    found = tune(search)
    assert "ValueError: nothing" in found["held_out"]["failed"]
    assert "What it is worth on others is unknown" in result_table(found)
    assert (search.context.output_dir / "tuned.json").is_file()


def test_options_that_make_no_sense_are_refused():
    with pytest.raises(StressIDError, match="trials is 0"):
        SearchOptions(trials=0)
    with pytest.raises(StressIDError, match="tuner is grid; expected one of bayesian, random, hyperband"):
        SearchOptions(tuner="grid")

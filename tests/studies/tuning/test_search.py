"""Asking, scoring, giving up, failing, and going on after an interruption."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from stressid_keras.config import TrainingConfig
from stressid_keras.errors import StressIDError
from stressid_keras.studies.tuning import loop, space
from stressid_keras.studies.tuning import workers as module
from stressid_keras.workflow.data import prepare, split_people

pytestmark = pytest.mark.filterwarnings("ignore:(currentThread|getName):DeprecationWarning")  # of keras-tuner


@pytest.mark.parametrize("tuner", ["random", "bayesian"])
def test_the_best_trial_comes_first_after_the_configuration_as_it_was(make_search, by_formula, tuner):
    progress = []
    default, *trials = make_search(tuner=tuner, trials=6).run(lambda *each: progress.append(each))
    assert default.number == "default"
    assert [done for done, _ in progress] == list(range(1, 7))
    whole = [trial for trial in trials if len(trial.scores) == 3]
    assert [trial.score for trial in whole] == sorted((trial.score for trial in whole), reverse=True)
    assert progress[-1][1]["best"] == max(trial.score for trial in [default, *whole])
    assert trials[0].config.student_training.learning_rate == trials[0].values["learning_rate"]


def test_nobody_whom_the_run_tests_on_is_in_a_fold(make_search, by_formula):
    search = make_search(trials=1)
    search.run()
    tested = set(split_people(search.context).parts["test"])
    everybody = set(prepare(search.context).manifest["subject"])
    assert len(by_formula) == 6
    scored = [set(context.split.parts["test"]) for context in by_formula]
    for context, own in zip(by_formula, scored, strict=True):
        assert not tested & {name for part in context.split.parts.values() for name in part}
        assert own
        assert not own & set(context.split.parts["train"])
    assert set().union(*scored[:3]) == everybody - tested


def test_each_repeat_has_other_folds_and_another_seed(make_search, by_formula):
    search = make_search(trials=1, repeats=2)
    assert [fold.seed for fold in search.folds] == [0, 0, 0, 1, 1, 1]
    search.run()
    assert {context.config.seed for context in by_formula} == {0, 1}


def test_a_trial_below_the_median_after_its_first_folds_is_given_up(make_search, by_formula):
    _, *trials = make_search(trials=12).run()
    pruned = [trial for trial in trials if trial.is_pruned]
    assert pruned
    assert all(sorted(trial.scores) == [0, 1] for trial in pruned)
    assert all(len(trial.scores) == 3 for trial in trials if not trial.is_pruned)
    states = [trial.is_pruned for trial in trials]
    assert states == sorted(states)  # those that were given up come last, however they scored


def test_the_oracle_is_told_what_a_trial_that_was_given_up_is_worth_beside_whole_ones(
    make_search, by_formula, monkeypatch
):
    """The first fold is easy, so that the mean of the first two is more than that of all."""
    search, oracles = make_search(trials=12), []
    right = search.open_oracle
    monkeypatch.setattr(search, "open_oracle", lambda: oracles.append(right()) or oracles[0])
    default, *trials = search.run()
    told = {number: trial.score for number, trial in oracles[0].trials.items()}
    expected = {
        trial.number: 0.6 - abs(np.log10(trial.values["learning_rate"] / 0.003)) / 4 + 0.02 + 0.1
        for trial in trials
    }
    assert any(trial.is_pruned for trial in trials)
    assert told == pytest.approx(expected)
    assert default.beside(default) == pytest.approx(default.score)


def test_a_failed_trial_is_recorded_and_the_search_goes_on(make_search, by_formula, monkeypatch):
    right = module.score_folds

    def score_folds(contexts, network, data_key):
        if contexts[0].config.student.dropout > 0.3:
            return [{"failed": "ResourceExhaustedError: no memory"}]
        return right(contexts, network, data_key)

    monkeypatch.setattr(module, "score_folds", score_folds)
    _, *trials = make_search(trials=8).run()
    failed = [trial for trial in trials if trial.failed]
    assert 0 < len(failed) < 8
    assert trials[-len(failed) :] == failed
    assert {trial.failed for trial in failed} == {"ResourceExhaustedError: no memory"}
    assert all(trial.values["dropout"] > 0.3 for trial in failed)
    monkeypatch.setattr(module, "score_folds", right)  # as on a machine with more of it
    _, *again = make_search(trials=8).run()
    assert not any(trial.failed for trial in again)
    assert {trial.number for trial in again} == {trial.number for trial in trials}


class Killing:
    """Calls of which some raise in the place of an answer."""

    def __init__(self, right, is_killed, error):
        self.right, self.is_killed, self.error, self.calls = right, is_killed, error, {}

    def __call__(self, contexts, network, data_key):
        trial = contexts[0].output_dir.parent.parent.name
        self.calls[trial] = self.calls.get(trial, 0) + 1
        if self.is_killed(contexts[0], self.calls[trial]):
            self.right(contexts[:1], network, data_key)  # a fold was finished before
            raise self.error
        return self.right(contexts, network, data_key)


class KilledWorker(Exception):  # as Dask's is called
    pass


@pytest.mark.parametrize("error", [StressIDError("A process was killed"), KilledWorker("a worker")])
@pytest.mark.parametrize("slots", [1, 2])
def test_a_process_that_is_killed_once_costs_the_fold_it_was_at(
    make_search, by_formula, monkeypatch, error, slots
):
    killing = Killing(module.score_folds, lambda context, call: call == 1, error)
    search = make_search(trials=5, slots=slots)
    monkeypatch.setattr(module, "score_folds", killing)
    default, *trials = search.run()
    assert not any(trial.failed for trial in trials)
    assert default.is_whole
    scored = [(context.output_dir, context.config.seed) for context in by_formula]
    assert len(scored) == len(set(scored))  # what was finished is not trained again


def test_a_trial_that_kills_its_process_twice_has_failed_and_the_others_have_not(
    make_search, by_formula, monkeypatch
):
    killing = Killing(
        module.score_folds,
        lambda context, call: context.config.student.dropout > 0.5,
        StressIDError("A process was killed"),
    )
    search = make_search(trials=10, slots=2)
    monkeypatch.setattr(module, "score_folds", killing)
    _, *trials = search.run()
    failed = {trial.number for trial in trials if trial.failed}
    assert failed == {trial.number for trial in trials if trial.values["dropout"] > 0.5}
    assert all("was killed" in trial.failed for trial in trials if trial.failed)


def test_a_process_that_is_killed_when_all_is_done_costs_nothing(make_search, by_formula, monkeypatch):
    right = module.score_folds

    def score_folds(contexts, network, data_key):
        right(contexts, network, data_key)
        raise StressIDError("A process was killed")

    search = make_search(trials=4)
    monkeypatch.setattr(module, "score_folds", score_folds)
    assert not any(trial.failed for trial in search.run())


def test_another_error_than_a_killed_process_is_not_swallowed(make_search, by_formula, monkeypatch):
    search = make_search(trials=3)
    monkeypatch.setattr(module, "score_folds", Killing(module.score_folds, lambda *_: True, OSError("gone")))
    with pytest.raises(OSError, match="gone"):
        search.run()


def test_many_failures_on_end_stop_the_search_and_are_said(make_search, by_formula, monkeypatch):
    said, right = [], module.score_folds

    def score_folds(contexts, network, data_key):
        if contexts[0].config.student_training.learning_rate == 0.001 or not said_enough():
            return right(contexts, network, data_key)
        return [{"failed": "ValueError: wrong shape"}]

    def said_enough():
        return len({context.output_dir.parent.parent for context in by_formula}) > 2

    search = make_search(trials=40)
    monkeypatch.setattr(module, "score_folds", score_folds)
    monkeypatch.setattr(search.context.reporter, "warn", said.append, raising=False)
    _, *trials = search.run()
    assert len([trial for trial in trials if trial.failed]) == loop.MOST_FAILURES
    assert ["ValueError: wrong shape" in sentence for sentence in said] == [True]


def test_a_configuration_that_cannot_be_scored_ends_the_search_at_once(make_search, by_formula, monkeypatch):
    calls = []

    def score_folds(contexts, network, data_key):
        calls.append(contexts)
        return [{"failed": "ValueError: wrong shape"}]

    monkeypatch.setattr(module, "score_folds", score_folds)
    with pytest.raises(
        StressIDError, match="the configuration itself cannot be scored: ValueError: wrong shape"
    ):
        make_search().run()
    assert len(calls) == 1


def test_no_trial_that_can_be_scored_is_said_with_the_first_reason(make_search, by_formula, monkeypatch):
    right = module.score_folds

    def score_folds(contexts, network, data_key):
        if contexts[0].config.student_training.learning_rate == 0.001:
            return right(contexts, network, data_key)
        return [{"failed": "ValueError: wrong shape"}]

    monkeypatch.setattr(module, "score_folds", score_folds)
    with pytest.raises(
        StressIDError, match=r"no trial of the search could be scored.*: ValueError: wrong shape"
    ):
        make_search().run()


def test_what_is_finished_is_not_scored_again(make_search, by_formula):
    class Stopped(Exception):
        pass

    def stop(done, values):
        if done == 3:
            raise Stopped

    search = make_search(trials=5, tuner="bayesian")
    with pytest.raises(Stopped):
        search.run(stop)
    before = {(c.config.student_training.learning_rate, c.split.parts["test"]) for c in by_formula}
    by_formula.clear()
    default, *trials = make_search(trials=5, tuner="bayesian").run()
    after = {(c.config.student_training.learning_rate, c.split.parts["test"]) for c in by_formula}
    assert len(trials) == 5
    assert not before & after
    assert len({trial.values["learning_rate"] for trial in trials}) == 5
    by_formula.clear()
    again = make_search(trials=7, tuner="bayesian").run()  # more are wanted than before
    assert len(again) == 8
    assert {trial.number for trial in trials} < {trial.number for trial in again}
    assert default.score == again[0].score


def test_two_searches_share_the_scores_of_the_same_values(make_search, by_formula):
    first = make_search(trials=1, tuner="random").run()
    assert len(by_formula) == 6
    by_formula.clear()
    second = make_search(trials=1, tuner="bayesian").run()  # which begins by chance, with the same seed
    assert by_formula == []
    assert [trial.scores for trial in second] == [trial.scores for trial in first]


@pytest.mark.parametrize(("epochs", "trials"), [(9, 40), (30, 20), (30, 5), (1, 4)])
def test_hyperband_gives_most_trials_few_epochs_and_some_all_of_them(make_search, by_formula, epochs, trials):
    training = {"student_training": TrainingConfig(epochs=epochs)}
    search = make_search(training, trials=trials, tuner="hyperband")
    default, *found = search.run()
    assert len(found) <= trials
    whole = [trial for trial in found if not trial.epochs and trial.is_whole]
    assert whole
    assert found[0] in whole
    assert found[0].score == max(trial.score for trial in whole)
    assert all(trial.config.student_training.epochs == epochs for trial in (default, *whole))
    if trials > 5:
        short = [trial for trial in found if trial.epochs]
        assert len(short) > len(whole)
        assert {trial.config.student_training.epochs for trial in short} == {trial.epochs for trial in short}


def test_bayesian_trials_are_not_all_at_random(make_search, by_formula, monkeypatch):
    oracle = make_search(trials=12, tuner="bayesian", names=space.dimensions("student")[:6]).open_oracle()
    assert oracle.num_initial_points == 4


def test_a_search_of_a_teacher_changes_the_teacher(make_search, by_formula):
    search = make_search(trials=2, network="teacher")
    _, *trials = search.run()
    student = search.context.config.student
    assert all(trial.config.student == student for trial in trials)
    assert len({trial.config.teacher_training.learning_rate for trial in trials}) == 2
    assert all(context.common_dir is None for context in by_formula)


def test_trials_have_their_teachers_in_common_and_a_place_of_their_own(make_search, by_formula):
    make_search(trials=3).run()
    assert len({context.common for context in by_formula}) == 3  # of a fold each
    assert len({context.output_dir for context in by_formula}) == len(by_formula)


def test_damaged_files_of_the_oracle_are_said(make_search, by_formula):
    search = make_search(trials=1)
    search.run()
    (file,) = search.folder.glob("searches/*/oracle.json")
    file.write_text("{")
    with pytest.raises(StressIDError, match=r"cannot be read .* remove it to search anew"):
        make_search(trials=2).run()


def test_too_few_people_for_the_folds_are_said(make_search):
    with pytest.raises(
        StressIDError, match="9 folds were asked for; expected from 3 to the number of people"
    ):
        make_search(folds=9).run()


SLOW = """
import sys, time, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from stressid_keras.config import RunConfig
from stressid_keras.provenance import write_text
from stressid_keras.studies.tuning import Search, SearchOptions
from stressid_keras.studies.tuning import loop, space
from stressid_keras.studies.tuning import workers as module
from stressid_keras.studies.tuning.trial_folds import score_stage
from stressid_keras.workflow import Run
import json

def score_folds(contexts, network, data_key):
    found = []
    for context in contexts:
        stage = score_stage(context, network, data_key)
        if not stage.is_current():
            time.sleep(0.02)
            def work(stage=stage):
                write_text(stage.folder / "predictions.csv", "")
                rate = context.config.student_training.learning_rate
                return {"balanced_accuracy": rate, "macro_f1": rate}
            stage.run(work)
        found.append(stage.record["summary"])
    return found

module.score_folds = score_folds
module.in_own_process = lambda function, *rest, **_: function(*rest)
tree, prepared, output, config = sys.argv[1:]
run = Run(Path(tree), Path(prepared), Path(output), RunConfig.from_dict(json.loads(config)))
search = Search(run.context, SearchOptions(folds=3, trials=24, tuner="random", jobs=2))
done = search.run(lambda count, _: print(count, flush=True))
print(json.dumps([[trial.number, trial.beside(done[0])] for trial in done]))
"""


def test_a_search_that_was_killed_at_any_time_goes_on_and_loses_no_finished_trial(
    tiny_tree, tiny_store, make_run, tmp_path
):
    config = json.dumps(make_run().config.to_dict())
    script = tmp_path / "search.py"
    script.write_text(textwrap.dedent(SLOW))
    command = [sys.executable, script, tiny_tree, tiny_store.path, tmp_path / "killed", config]
    reached = 0
    for wanted in (5, 13):
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        while (reached := int(child.stdout.readline())) < wanted:
            pass
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
    end = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    *counts, last = end.stdout.splitlines()
    assert int(counts[0]) > reached  # those before are not done again
    found = json.loads(last)
    assert [number for number, _ in found[:1]] == ["default"]
    assert sorted(int(number) for number, _ in found[1:]) == list(range(24))
    assert all(score is not None for _, score in found)

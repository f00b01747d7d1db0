"""Asking, scoring, giving up, failing, and going on after an interruption."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from stressid_keras.config import TrainingConfig
from stressid_keras.errors import StressIDError
from stressid_keras.studies.tuning import search as module
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
    pruned = [trial for trial in trials if trial.pruned]
    assert pruned
    assert all(sorted(trial.scores) == [0, 1] for trial in pruned)
    assert all(len(trial.scores) == 3 for trial in trials if not trial.pruned)
    states = [trial.pruned for trial in trials]
    assert states == sorted(states)  # those that were given up come last, however they scored
    best = trials[0].score
    assert all(trial.score <= best for trial in pruned)


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


def test_a_killed_process_costs_its_trial_and_nothing_else(make_search, by_formula, monkeypatch):
    right = module.score_folds

    def score_folds(contexts, network, data_key):
        if contexts[0].config.student.dropout > 0.5:
            raise StressIDError("A process was killed, perhaps for want of memory")
        return right(contexts, network, data_key)

    class Executor(module.concurrent.futures.ThreadPoolExecutor):
        pass

    search = make_search(trials=10)
    monkeypatch.setattr(module, "score_folds", score_folds)
    monkeypatch.setattr(
        type(search),
        "workers",
        lambda self: module.contextlib.nullcontext(module.Workers(Executor(2), 2, 3, 1)),
    )
    _, *trials = search.run()
    assert len(trials) == 10
    killed = [trial for trial in trials if trial.failed]
    assert all("was killed" in trial.failed for trial in killed)
    assert {trial.number for trial in killed} == {
        trial.number for trial in trials if trial.values["dropout"] > 0.5
    }


def test_every_trial_failing_is_said_with_the_first_reason(make_search, monkeypatch):
    def score_folds(contexts, network, data_key):
        return [{"failed": "ValueError: wrong shape"}]

    monkeypatch.setattr(module, "score_folds", score_folds)
    with pytest.raises(
        StressIDError, match="the configuration itself cannot be scored: ValueError: wrong shape"
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
    assert all(isinstance(trial.score, float) for trial in [default, *again])


def test_two_searches_share_the_scores_of_the_same_values(make_search, by_formula):
    make_search(trials=1, tuner="random").run()
    by_formula.clear()
    make_search(trials=1, tuner="bayesian").run()
    assert all(
        context.config.student_training.learning_rate != 0.001 for context in by_formula
    )  # the default's


def test_hyperband_gives_most_trials_few_epochs_and_its_winner_all(make_search, by_formula):
    nine = {"student_training": TrainingConfig(epochs=9)}
    search = make_search(nine, trials=30, tuner="hyperband")
    default, *trials = search.run()
    assert {trial.epochs for trial in trials} == {1, 3, 9}
    assert trials[0].epochs == 9
    assert trials[0].score == max(trial.score for trial in trials if trial.epochs == 9)
    assert search.full_config(trials[0]).student_training.epochs == 9
    assert default.config.student_training.epochs == 9


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
from stressid_keras.studies.tuning import search as module
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
search = Search(run.context, SearchOptions(folds=3, trials=40, tuner="random", jobs=2))
done = search.run(lambda count, _: print(count, flush=True))
print(json.dumps([[trial.number, trial.score] for trial in done]))
"""


def test_a_search_that_was_killed_at_any_time_goes_on_and_loses_no_finished_trial(
    tiny_tree, tiny_store, make_run, tmp_path
):
    config = json.dumps(make_run().context.config.to_dict())
    script = tmp_path / "search.py"
    script.write_text(textwrap.dedent(SLOW))
    command = [sys.executable, script, tiny_tree, tiny_store.path, tmp_path / "killed", config]
    reached = 0
    for wanted in (7, 19):
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
    assert sorted(int(number) for number, _ in found[1:]) == list(range(40))
    assert all(score is not None for _, score in found)

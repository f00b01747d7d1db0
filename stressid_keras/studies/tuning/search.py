"""A search: values are asked of an oracle, tried on folds of people by as many workers as there are, and told."""

import concurrent.futures
import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import keras_tuner
import numpy as np

from stressid_keras.config import Folds, Jobs, Repeats, RunConfig, Trials, deciding
from stressid_keras.errors import StressIDError
from stressid_keras.provenance import fingerprint
from stressid_keras.ranges import checked
from stressid_keras.studies.tuning.oracles import EPOCHS, TUNERS, open_oracle
from stressid_keras.studies.tuning.space import STUDENT, chosen_config
from stressid_keras.studies.tuning.trial_folds import (
    VERSION,
    fold_context,
    inner_folds,
    score_folds,
    score_stage,
)
from stressid_keras.system.processes import in_own_process
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import prepare
from stressid_keras.workflow.part_windows import compute_for_all
from stressid_keras.workflow.stage import read_record

OBJECTIVE = "balanced_accuracy"  # of each fold
FEWEST_TO_COMPARE = 3  # trials, before one can be below their median
DEFAULT = "default"  # in the place of a trial's number: the configuration as it was

Progress = Callable[[int, dict], None]


@dataclass(frozen=True)
class SearchOptions:
    """What a search is told besides the run's configuration, which is where it starts.

    Attributes:
        network: "student" or "teacher".
        trials: at most.
        tuner: one of `TUNERS`.
        folds, repeats: of the people whom the run does not test on; each repeat has a seed of its own.
        names: dimensions to search, see `space.dimensions`; empty: the usual ones.
        methods: ways to distil to choose from, which makes `method` one of the dimensions.
        jobs: processes that work at the same time; the cores are divided between them.
        scheduler: address of a Dask scheduler, whose workers are used instead.

    Raises:
        StressIDError: a number or a name that makes no sense.
    """

    network: str = STUDENT
    trials: int = 20
    tuner: str = TUNERS[0]
    folds: int = 4
    repeats: int = 1
    names: Sequence[str] = ()
    methods: Sequence[str] = ()
    jobs: int = 1
    scheduler: str = ""

    def __post_init__(self):
        for kind, name in ((Trials, "trials"), (Folds, "folds"), (Repeats, "repeats"), (Jobs, "jobs")):
            checked(kind, getattr(self, name), name)
        if self.tuner not in TUNERS:
            raise StressIDError(f"tuner is {self.tuner}; expected one of {', '.join(TUNERS)}.")


@dataclass(eq=False)
class TrialScores:
    """What is known of a trial.

    Attributes:
        number: the oracle's, or `DEFAULT`.
        values: of the hyperparameters.
        config: the configuration with them; None where it makes no sense.
        scores: of the folds that are done, by their place.
        failed: why it has no score; empty where it has one.
        pruned: whether it was given up after its first folds.
    """

    number: str
    values: dict
    config: RunConfig | None
    epochs: int = 0  # of each training, where not all
    scores: dict[int, float] = field(default_factory=dict)
    failed: str = ""
    pruned: bool = False

    @property
    def score(self) -> float | None:
        return None if self.failed or not self.scores else float(np.mean(list(self.scores.values())))

    def on(self, places: Sequence[int]) -> float | None:
        """Its mean score on some folds, if it has been scored on all of them."""
        if self.failed or not set(places) <= set(self.scores):
            return None
        return float(np.mean([self.scores[place] for place in places]))


class Search:
    """A search that can be interrupted, and goes on where it stopped; finished folds are not trained again.

    The objective is the mean unweighted average recall over subject-wise folds and seeds of the people whom the run
    does not test on. A trial is given up after its first folds where it is below the median of the trials before it on
    the same folds: the median stopping rule of D. Golovin et al., "Google Vizier: A Service for Black-Box
    Optimization", KDD 2017. Which trials those are depends on the order in which they end, and so on the workers.

    Args:
        context: of a run; its split says whom no trial sees.
        options: how to search.

    Raises, in all methods:
        StressIDError: too few people for the folds, a dimension that is none of the network, or every trial failed.
    """

    def __init__(self, context: RunContext, options: SearchOptions):
        self.context = context
        self.options = options
        methods = ("method",) if options.methods and "method" not in options.names else ()
        self.names = (*options.names, *methods) if options.names or not methods else self._usual(methods)
        self.space = keras_tuner.HyperParameters()
        self._config(self.space)

    def _usual(self, methods: tuple[str, ...]) -> tuple[str, ...]:
        from stressid_keras.studies.tuning.space import dimensions

        return (*dimensions(self.options.network, usual=True), *methods)

    @property
    def folder(self) -> Path:
        """Scores of the configuration's and data's trials, whatever search they are of."""
        return self.context.output_dir / "tuning" / self.options.network

    @cached_property
    def folds(self):
        return inner_folds(self.context, self.options.folds, self.options.repeats)

    @cached_property
    def first_folds(self) -> list[int]:
        """Places of those after which a trial may be given up: the first repeat, or half of it if there is no other."""
        count = self.options.folds
        return list(range(count if self.options.repeats > 1 else -(-count // 2)))

    @cached_property
    def data_key(self) -> str:
        return prepare(self.context).windows_fingerprint

    def check(self) -> None:
        """Prepare what every trial needs, and find out whether there are people enough."""
        with self.context.writing():
            compute_for_all(self.context)
            self.folds  # noqa: B018  that they are there is what is asked

    def run(self, progress: Progress | None = None) -> list[TrialScores]:
        """Try what is missing; all trials, the best first, after the configuration as it was.

        Args:
            progress: called after each trial with the number done and the best score so far.
        """
        self.check()
        with self.context.writing(), self.workers() as workers:
            return _Loop(self, workers, progress).run()

    def contexts(self, trial: TrialScores, places: Sequence[int]) -> list[RunContext]:
        """Of the folds at those places."""
        return [
            fold_context(
                self.context,
                trial.config,
                self.options.network,
                self.folds[place],
                self._trial_folder(trial) / self.folds[place].name,
                self.folder,
            )
            for place in places
        ]

    def known_scores(self, trial: TrialScores) -> dict[int, dict]:
        """What is recorded of its folds."""
        found = {}
        for place, context in enumerate(self.contexts(trial, range(len(self.folds)))):
            stage = score_stage(context, self.options.network, self.data_key)
            if stage.is_current():
                found[place] = read_record(stage.folder, stage.name)["summary"]
        return found

    def trial_of(self, number: str, values: dict, hp=None) -> TrialScores:
        """With the configuration that the values make."""
        epochs = int(values.get(EPOCHS, 0))
        try:
            config = self.context.config if hp is None else self._config(hp)
        except StressIDError as error:
            return TrialScores(number, values, None, failed=str(error))
        return TrialScores(number, values, _shorter(config, self.options.network, epochs), epochs)

    def full_config(self, trial: TrialScores) -> RunConfig:
        """Of a trial, trained as long as the run's."""
        epochs = getattr(self.context.config, f"{self.options.network}_training").epochs
        return _shorter(trial.config, self.options.network, epochs)

    def open_oracle(self) -> keras_tuner.Oracle:
        options, config = self.options, self.context.config
        key = fingerprint(
            VERSION, deciding(config), self.data_key, self.space.get_config(), options.folds, options.repeats
        )
        epochs = getattr(config, f"{options.network}_training").epochs
        return open_oracle(
            options.tuner,
            self.space,
            options.trials,
            epochs,
            config.seed,
            self.folder / "searches" / f"{options.tuner}-{key}",
        )

    def _trial_folder(self, trial: TrialScores) -> Path:
        """Of its values, so that two searches that try the same have its scores in common."""
        return self.folder / "trials" / fingerprint(deciding(trial.config))

    def _config(self, hp) -> RunConfig:
        options = self.options
        return chosen_config(self.context.config, hp, options.network, self.names, options.methods)

    @contextlib.contextmanager
    def workers(self) -> Iterator["Workers"]:
        """Threads, each of which waits for its process; or the workers of the cluster."""
        options = self.options
        if not options.scheduler:
            threads = max(1, (os.cpu_count() or 1) // options.jobs)
            with concurrent.futures.ThreadPoolExecutor(options.jobs) as executor:
                yield Workers(executor, options.jobs, len(self.folds), threads)
            return
        from stressid_keras.preprocessing import dask_client

        run = self.context
        self.folder.mkdir(parents=True, exist_ok=True)
        shared = [path.absolute() for path in (run.data_dir, run.prepared_dir, self.folder)]
        with dask_client(options.scheduler, shared, run.config.preparation) as client:
            slots = sum(client.nthreads().values())
            yield Workers(client.get_executor(pure=False), slots, 1, 1)


@dataclass(frozen=True)
class Workers:
    """Where folds are trained.

    Attributes:
        slots: calls that work at the same time.
        at_once: folds that one call trains: each call is a process, which takes seconds to begin.
        threads: that each may use.
    """

    executor: concurrent.futures.Executor
    slots: int
    at_once: int
    threads: int

    def submit(self, contexts: list[RunContext], network: str, data_key: str) -> concurrent.futures.Future:
        """`score_folds`, in a process of its own."""
        # Read by TensorFlow when it is first imported: threads of several processes would take each other's cores, and
        # the first process a GPU's memory.
        defaults = {"TF_NUM_INTRAOP_THREADS": str(self.threads), "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
        return self.executor.submit(
            in_own_process, score_folds, contexts, network, data_key, defaults=defaults
        )


class _Loop:
    """Asks, submits, and tells, until the oracle stops."""

    def __init__(self, search: Search, workers: Workers, progress: Progress | None):
        self.search = search
        self.workers = workers
        self.progress = progress
        self.oracle = search.open_oracle()
        self.asked = {}  # by number, what the oracle calls a trial
        self.active: list[TrialScores] = []
        self.running: dict[concurrent.futures.Future, tuple[TrialScores, list[int]]] = {}
        self.finished: list[TrialScores] = []
        self.stopped = False

    def run(self) -> list[TrialScores]:
        default = self.search.trial_of(DEFAULT, dict(self.search.space.values))
        self._begin(default)
        for number in self.oracle.end_order:  # of a search that goes on
            self._remember(self.oracle.trials[number])
        try:
            self._work()
        except BaseException:
            for future in self.running:
                future.cancel()
            raise
        done = sorted(
            (trial for trial in self.finished if trial is not default),
            key=lambda trial: (self._rank(trial), int(trial.number)),
        )
        if default.failed:
            raise StressIDError(f"the configuration itself cannot be scored: {default.failed}")
        if not any(self._is_whole(trial) for trial in done):
            reasons = [trial.failed for trial in done if trial.failed] or ["no reason was recorded"]
            raise StressIDError(f"every trial of the search failed, the first with: {reasons[0]}")
        return [default, *done]

    def _work(self) -> None:
        while True:
            while len(self.running) < self.workers.slots and (call := self._next_call()):
                self._submit(*call)
            if not self.running:
                return
            done, _ = concurrent.futures.wait(self.running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                self._receive(future)

    def _next_call(self) -> tuple[TrialScores, list[int]] | None:
        """A trial and folds of it to train, of the trials that have begun, or else of a new one."""
        while True:
            for trial in self.active:
                if places := self._open_places(trial):
                    return trial, places[: self.workers.at_once]
            if self.stopped or not self._ask():
                return None

    def _open_places(self, trial: TrialScores) -> list[int]:
        """Folds of a trial that can be trained now: the first ones, and the others once these have let it pass."""
        if trial.failed:
            return []
        busy = {place for other, places in self.running.values() if other is trial for place in places}
        first = self.search.first_folds
        wanted = range(len(self.search.folds)) if set(first) <= set(trial.scores) else first
        return [place for place in wanted if place not in busy and place not in trial.scores]

    def _ask(self) -> bool:
        """Whether the oracle had another trial, which has begun."""
        name = f"worker{len(self.asked)}"
        asked = self.oracle.create_trial(name)
        if asked.status != "RUNNING":
            self.stopped = asked.status == "STOPPED"
            return False
        trial = self.search.trial_of(
            asked.trial_id, dict(asked.hyperparameters.values), asked.hyperparameters
        )
        self.asked[trial.number] = asked
        self._begin(trial)
        return True

    def _begin(self, trial: TrialScores) -> None:
        self.active.append(trial)
        if not trial.failed:
            self._record(trial, self.search.known_scores(trial))
        else:
            self._end(trial)

    def _submit(self, trial: TrialScores, places: list[int]) -> None:
        search = self.search
        contexts = search.contexts(trial, places)
        self.running[self.workers.submit(contexts, search.options.network, search.data_key)] = trial, places

    def _receive(self, future: concurrent.futures.Future) -> None:
        trial, places = self.running.pop(future)
        try:
            found = dict(zip(places, future.result(), strict=False))
        except StressIDError as error:  # the process was killed, perhaps for want of memory
            found = {places[0]: {"failed": str(error)}}
        self._record(trial, found)

    def _record(self, trial: TrialScores, found: dict[int, dict]) -> None:
        """Add what folds gave; a trial whose last that was, or that is given up, ends."""
        for place in sorted(found):
            if reason := found[place].get("failed"):
                trial.failed = trial.failed or reason
            else:
                trial.scores[place] = found[place][OBJECTIVE]
        if trial not in self.active or any(other is trial for other, _ in self.running.values()):
            return
        whole = len(trial.scores) == len(self.search.folds)
        if not whole and not trial.failed:
            trial.pruned = self._is_hopeless(trial)
        if whole or trial.failed or trial.pruned:
            self._end(trial)

    def _is_hopeless(self, trial: TrialScores) -> bool:
        first = self.search.first_folds
        own = trial.on(first)
        if own is None or trial.number == DEFAULT:
            return False
        others = [other.on(first) for other in self.finished if other.epochs == trial.epochs]
        others = [score for score in others if score is not None]
        return len(others) >= FEWEST_TO_COMPARE and own < float(np.median(others))

    def _end(self, trial: TrialScores) -> None:
        self.active.remove(trial)
        self.finished.append(trial)
        if asked := self.asked.get(trial.number):
            if trial.failed:
                asked.status, asked.message = "FAILED", trial.failed
            else:
                asked.status = "COMPLETED"
                self.oracle.update_trial(asked.trial_id, {"score": trial.score})
            try:
                self.oracle.end_trial(asked)
            except RuntimeError:  # so many failed on end that it is not the values
                self.stopped = True
        if self.progress and trial.number != DEFAULT:
            scores = [each.score for each in self.finished if self._is_whole(each)]
            self.progress(len(self.oracle.end_order), {"best": max(scores)} if scores else {})

    def _remember(self, asked) -> None:
        """A trial that ended before the search was interrupted."""
        trial = self.search.trial_of(
            asked.trial_id, dict(asked.hyperparameters.values), asked.hyperparameters
        )
        if asked.status == "FAILED":
            trial.failed = asked.message or "no reason was recorded"
        elif not trial.failed:
            known = self.search.known_scores(trial)
            trial.scores = {
                place: score[OBJECTIVE] for place, score in known.items() if "failed" not in score
            }
            trial.pruned = len(trial.scores) < len(self.search.folds)
        self.finished.append(trial)

    def _is_whole(self, trial: TrialScores) -> bool:
        return not trial.failed and len(trial.scores) == len(self.search.folds)

    def _rank(self, trial: TrialScores) -> tuple:
        """Trials on all folds before those that were given up, and those before the failed; long ones first."""
        if trial.score is None:
            return (2, 0, 0.0)
        return (not self._is_whole(trial), -trial.epochs, -trial.score)


def _shorter(config: RunConfig, network: str, epochs: int) -> RunConfig:
    """Trained for as many epochs; 0: as it is."""
    if not epochs:
        return config
    name = f"{network}_training"
    return dataclasses.replace(config, **{name: dataclasses.replace(getattr(config, name), epochs=epochs)})

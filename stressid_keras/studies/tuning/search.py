"""A search over the options of a network: what it is told, the folds it may look at, and its trials."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import keras_tuner

from stressid_keras.config import Folds, Jobs, Repeats, RunConfig, Trials, deciding
from stressid_keras.errors import StressIDError
from stressid_keras.provenance import fingerprint
from stressid_keras.ranges import checked
from stressid_keras.studies.tuning.loop import Loop
from stressid_keras.studies.tuning.oracles import EPOCHS, TUNERS, open_oracle
from stressid_keras.studies.tuning.space import STUDENT, chosen_config, searched
from stressid_keras.studies.tuning.trial_folds import VERSION, fold_context, inner_folds, score_stage
from stressid_keras.studies.tuning.trials import DEFAULT, TrialScores
from stressid_keras.studies.tuning.workers import cluster_workers, local_workers
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import prepare
from stressid_keras.workflow.part_windows import compute_for_all, measured_key
from stressid_keras.workflow.stage import read_record

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


class Search:
    """A search that can be interrupted, and goes on where it stopped; finished folds are not trained again.

    The objective is the mean unweighted average recall over subject-wise folds and seeds of the people whom the run
    does not test on.

    Args:
        context: of a run; its split says whom no trial sees.
        options: how to search.

    Raises, in all methods:
        StressIDError: too few people for the folds, a dimension that is none of the network, or no trial could be
            scored.
    """

    def __init__(self, context: RunContext, options: SearchOptions):
        self.context = context
        self.options = options
        self.names = searched(options.network, options.names, options.methods)
        self.space = keras_tuner.HyperParameters()
        self._config(self.space)

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
        """What scores depend on besides configurations and people: windows, measures, and the code of every stage."""
        from stressid_keras.distillation import heard_measures, label_share
        from stressid_keras.preprocessing.speech_statistics import statistics_key
        from stressid_keras.workflow.imitation import given
        from stressid_keras.workflow.training import CODE_VERSION

        context, store = self.context, prepare(self.context)
        code = [VERSION, CODE_VERSION, given.VERSION, label_share.VERSION, heard_measures.VERSION]
        windows = [store.windows_fingerprint, measured_key(context), statistics_key(store)]
        return fingerprint(windows, code, version("scikit-learn"))

    def check(self) -> None:
        """Prepare what every trial needs, and find out whether there are people enough."""
        with self.context.writing():
            compute_for_all(self.context)
            self.folds  # noqa: B018  that they are there is what is asked

    def run(self, progress: Progress | None = None) -> list[TrialScores]:
        """Try what is missing; the configuration as it was, then all trials, the best first.

        Args:
            progress: called after each trial with the number done and the best score so far.
        """
        self.check()
        with self.context.writing(), self.workers() as workers:
            return Loop(self, workers, progress).run()

    def workers(self):
        """A context manager that gives the `Workers`."""
        options = self.options
        if options.scheduler:
            return cluster_workers(self.context, options.scheduler, self.folder)
        return local_workers(options.jobs, len(self.folds))

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

    def default(self) -> TrialScores:
        """The configuration as it was; with values where those that the search begins with are its own."""
        config = self.context.config
        values = dict(self.space.values) if self._config(self.space) == config else {}
        return TrialScores(DEFAULT, values, config, len(self.folds))

    def trial_of(self, asked) -> TrialScores:
        """Of an oracle's, with the configuration that its values make."""
        network, folds, told = self.options.network, len(self.folds), asked.hyperparameters.values
        values = {
            name: value for name, value in told.items() if "/" not in name
        }  # not the oracle's own notes
        try:
            config = self._config(asked.hyperparameters)
        except StressIDError as error:
            return TrialScores(asked.trial_id, values, None, folds, failed=str(error))
        epochs = int(told.get(EPOCHS, 0))
        if epochs >= self.epochs:
            epochs = 0
        if epochs:
            part = f"{network}_training"
            config = dataclasses.replace(
                config, **{part: dataclasses.replace(getattr(config, part), epochs=epochs)}
            )
        return TrialScores(asked.trial_id, values, config, folds, epochs)

    @property
    def epochs(self) -> int:
        """Of a training to the end."""
        return getattr(self.context.config, f"{self.options.network}_training").epochs

    def open_oracle(self) -> keras_tuner.Oracle:
        options, config = self.options, self.context.config
        key = fingerprint(
            deciding(config), self.data_key, self.space.get_config(), options.folds, options.repeats
        )
        folder = self.folder / "searches" / f"{options.tuner}-{key}"
        return open_oracle(options.tuner, self.space, options.trials, self.epochs, config.seed, folder)

    def _trial_folder(self, trial: TrialScores) -> Path:
        """Of its values, so that two searches that try the same have its scores in common."""
        return self.folder / "trials" / fingerprint(deciding(trial.config))

    def _config(self, hp) -> RunConfig:
        options = self.options
        return chosen_config(self.context.config, hp, options.network, self.names, options.methods)

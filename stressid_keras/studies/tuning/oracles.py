"""keras-tuner's oracles, which choose the values of trials, kept so that a search that is killed goes on."""

from pathlib import Path

import keras_tuner
from keras_tuner.oracles import BayesianOptimizationOracle, HyperbandOracle, RandomSearchOracle

from stressid_keras.errors import StressIDError
from stressid_keras.provenance import atomic_path

OBJECTIVE = keras_tuner.Objective("score", "max")
NEVER = 1_000_000_000  # failed trials on end: who asks the oracle counts them, and says so
FEWEST_AT_RANDOM = 3  # trials before a Gaussian process knows anything
EPOCHS = "tuner/epochs"  # of a Hyperband trial


class _Kept(keras_tuner.Oracle):
    """An oracle whose files are there as a whole or not at all, whenever the process ends.

    keras-tuner writes them in place: a process that is killed meanwhile leaves a search that cannot be read.
    """

    def save(self):
        with atomic_path(Path(self._get_oracle_fname())) as temporary:
            super(keras_tuner.Oracle, self).save(str(temporary))

    def _save_trial(self, trial):
        with atomic_path(Path(self._get_trial_dir(trial.trial_id)) / "trial.json") as temporary:
            trial.save(str(temporary))

    def reload(self):
        super().reload()
        # A trial is written before the oracle is, so that one may be known by its own file alone: it has not begun. And
        # the oracle is written before it forgets that a trial is going on: what has ended has.
        # What failed may have failed for another reason than its values, such as too little memory: it is tried again.
        self.end_order = [name for name in self.end_order if self.trials[name].status != "FAILED"]
        self._retry_queue = sorted(
            set(self.trials) - set(self.end_order), key=int, reverse=True
        )  # its end is first


class RandomOracle(_Kept, RandomSearchOracle):
    pass


class BayesianOracle(_Kept, BayesianOptimizationOracle):
    pass


class HalvingOracle(_Kept, HyperbandOracle):
    """Hyperband whose one round has no more trials than are wanted.

    keras-tuner begins with one epoch, and a round of 30 epochs has 143 trials: of twenty, none would get beyond the
    shortest training.

    Args:
        trials: at most.
        max_epochs: of the longest training.
    """

    def __init__(self, trials: int, max_epochs: int, **known):
        super().__init__(max_epochs=max_epochs, **known)
        halvings = self._get_num_brackets() - 1
        self._begin_with(halvings)
        while halvings and self.trials_of_a_round > trials:
            halvings -= 1
            self._begin_with(halvings)
        self.max_trials = trials

    @property
    def trials_of_a_round(self) -> int:
        brackets = range(self._get_num_brackets())
        return sum(self._get_size(b, r) for b in brackets for r in range(self._get_num_rounds(b)))

    def _begin_with(self, halvings: int) -> None:
        self.min_epochs = max(1, self.max_epochs // self.factor**halvings)
        self._current_bracket = self._get_num_brackets() - 1
        self._brackets = []
        self._start_new_bracket()


TUNERS = ("bayesian", "random", "hyperband")


def open_oracle(
    tuner: str, space: keras_tuner.HyperParameters, trials: int, epochs: int, seed: int, folder: Path
) -> keras_tuner.Oracle:
    """The oracle of a search, as it was when the search was interrupted if there was one in the folder.

    Args:
        tuner: "bayesian", "random", or "hyperband", which gives most trials few epochs and the best all of them.
        trials: at most; Hyperband may end with fewer.
        epochs: of a trial that is trained to the end.

    Raises:
        StressIDError: what is in the folder cannot be read.
    """
    known = {
        "objective": OBJECTIVE,
        "hyperparameters": space,
        "seed": seed + 1,  # 0 would be taken for none
        "max_consecutive_failed_trials": NEVER,
    }
    if tuner == "hyperband":
        oracle = HalvingOracle(trials, epochs, **known)
    elif tuner == "bayesian":
        # By default three for every value: of twenty trials over seven values none would be chosen by what is known.
        beginning = max(FEWEST_AT_RANDOM, min(3 * len(space.space), trials // 3))
        oracle = BayesianOracle(max_trials=trials, num_initial_points=beginning, **known)
    else:
        oracle = RandomOracle(max_trials=trials, **known)
    oracle.verbose = 0
    oracle._set_project_dir(str(folder.parent), folder.name)
    if (folder / "oracle.json").is_file():
        try:
            oracle.reload()
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise StressIDError(
                f"{folder} cannot be read ({type(error).__name__}: {error}); remove it to search anew: scores of "
                "finished folds are kept beside it."
            ) from None
    return oracle

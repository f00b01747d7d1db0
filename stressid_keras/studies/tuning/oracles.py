"""keras-tuner's oracles, which choose the values of trials, kept so that a search that is killed goes on."""

from pathlib import Path

import keras_tuner
from keras_tuner.oracles import BayesianOptimizationOracle, HyperbandOracle, RandomSearchOracle

from stressid_keras.errors import StressIDError
from stressid_keras.provenance import atomic_path

OBJECTIVE = keras_tuner.Objective("score", "max")
# A search is given up after so many failed trials on end: then it is not the values that are at fault.
MOST_FAILURES = 10
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
        self._retry_queue = sorted(set(self.trials) - set(self.end_order), reverse=True)  # taken from its end


class RandomOracle(_Kept, RandomSearchOracle):
    pass


class BayesianOracle(_Kept, BayesianOptimizationOracle):
    pass


class HalvingOracle(_Kept, HyperbandOracle):
    pass


TUNERS = ("bayesian", "random", "hyperband")


def open_oracle(
    tuner: str, space: keras_tuner.HyperParameters, trials: int, epochs: int, seed: int, folder: Path
) -> keras_tuner.Oracle:
    """The oracle of a search, as it was when the search was interrupted if there was one in the folder.

    Args:
        tuner: "bayesian", "random", or "hyperband", which gives most trials few epochs and the best all of them.
        trials: at most; Hyperband's first round ends by itself.
        epochs: of a trial that is trained to the end.

    Raises:
        StressIDError: what is in the folder cannot be read.
    """
    known = {
        "objective": OBJECTIVE,
        "hyperparameters": space,
        "seed": seed + 1,  # 0 would be taken for none
        "max_consecutive_failed_trials": MOST_FAILURES,
    }
    if tuner == "hyperband":
        oracle = HalvingOracle(max_epochs=epochs, **known)
        oracle.max_trials = trials
    else:
        oracle = {"random": RandomOracle, "bayesian": BayesianOracle}[tuner](max_trials=trials, **known)
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

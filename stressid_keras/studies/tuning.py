"""Search for the student's options with keras-tuner, scored on people it was not trained on."""

import contextlib
import dataclasses
from collections.abc import Callable

import keras_tuner

from stressid_keras.config import DistillationConfig, RunConfig, deciding
from stressid_keras.distillation.method_names import weights_of
from stressid_keras.distillation.method_registry import range_of, with_options
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import WEIGHTS
from stressid_keras.provenance import fingerprint
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import prepare
from stressid_keras.workflow.reporter import Reporter
from stressid_keras.workflow.student_stages import GIVEN, distil_student
from stressid_keras.workflow.teacher_stages import compute_teacher_features, train_teacher

OBJECTIVE = keras_tuner.Objective("val_uar", "max")
VERSION = 2  # raised when a trial of the same values scores otherwise, so that older trials do not count
SPAN = 100.0  # a weight is searched from this part of what the configuration has to so many times it
SHARES = (0.1, 1.0, 0.1)  # least, greatest and step of a weight that is a share


class _Trials:
    """A search whose trials `train` scores; mixed into keras-tuner's searches, which choose the values."""

    def run_trial(self, trial, **_):
        return self.train(trial)


class RandomTrials(_Trials, keras_tuner.RandomSearch):
    pass


class BayesianTrials(_Trials, keras_tuner.BayesianOptimization):
    pass


TUNERS = {"random": RandomTrials, "bayesian": BayesianTrials}


def chosen_config(config: RunConfig, hp) -> RunConfig:
    """The configuration with the values of a trial; asking for a value is what opens it to the search.

    Open are learning rate, dropout, width, and the weights that the configuration's method has: those of α to δ that
    are above 0, and those of its other terms.
    """
    width = hp.Choice("width", [0.5, 1.0, 2.0], default=1.0)
    student = dataclasses.replace(
        config.student,
        width=width * config.student.width,
        dropout=hp.Float("dropout", 0.0, 0.6, step=0.1, default=config.student.dropout),
    )
    training = dataclasses.replace(
        config.student_training,
        learning_rate=hp.Float(
            "learning_rate", 1e-4, 1e-2, sampling="log", default=config.student_training.learning_rate
        ),
    )
    return dataclasses.replace(
        config,
        student=student,
        student_training=training,
        distillation=with_options(config.distillation, _weights(config.distillation, hp)),
    )


def search(
    context: RunContext,
    trials: int,
    tuner: str = "bayesian",
    progress: Callable[[int, dict], None] | None = None,
) -> tuple[RunConfig, list[dict]]:
    """Search over `trials` settings; an interrupted search, called again, goes on where it stopped.

    The objective is the kept epoch's unweighted average recall on the validation subjects of the run's split: no
    subject of it is trained on, and the test subjects are not looked at. A trial is trained as the run would train its
    student, so that the configuration that is returned makes the same student again; its files stay in
    `tuning/<search>/trial<id>`.

    Args:
        context: of a run; its configuration is where the search starts; its split and teacher are used, and made
            if missing.
        tuner: "random" or "bayesian".
        progress: called after each trial with the number done and its score.

    Returns:
        the best configuration, and all trials, best first: `score` and the values.

    Raises:
        StressIDError: `trials` is below 1, or every trial failed.
    """
    if trials < 1:
        raise StressIDError(f"trials is {trials}; expected 1 or more.")
    compute_teacher_features(context)  # before the first trial, so that a trial's time is its own
    name = f"{tuner}-{_key(context)}"
    space = keras_tuner.HyperParameters()
    chosen_config(context.config, space)
    searcher = TUNERS[tuner](
        hyperparameters=space,
        objective=OBJECTIVE,
        max_trials=trials,
        seed=context.config.seed,
        directory=str(context.output_dir / "tuning"),
        project_name=name,
        overwrite=False,
    )

    def train(trial):
        config = chosen_config(context.config, trial.hyperparameters)
        folder = context.output_dir / "tuning" / name / f"trial{trial.trial_id}"
        own = context.branch(*GIVEN, config=config, output_dir=folder, reporter=Reporter())
        return {"val_uar": distil_student(own).record["summary"]["val_uar"]}

    searcher.train = train
    _report_trials(searcher, progress)
    with contextlib.suppress(RuntimeError):  # three failures in a row; what was scored before them counts
        searcher.search(verbose=0)
    scored = [trial for trial in searcher.oracle.trials.values() if trial.score is not None]  # others failed
    done = sorted(scored, key=lambda trial: (-trial.score, int(trial.trial_id)))
    if not done:
        messages = [trial.message for trial in searcher.oracle.trials.values() if trial.message]
        reason = messages[0].strip().splitlines()[-1] if messages else "no reason was recorded"
        raise StressIDError(f"every trial of the search failed, the first with: {reason}")
    results = [{"score": trial.score, **trial.hyperparameters.values} for trial in done]
    return chosen_config(context.config, done[0].hyperparameters), results


def _weights(config: DistillationConfig, hp) -> dict[str, float]:
    """The values of a trial for the weights that are above 0."""
    names = {weight: f"{weight}_{modality}" for modality, weight in WEIGHTS.items()}  # as trials are listed
    found = {}
    for option, value in weights_of(config).items():
        if option == "imitation" and config.imitation_chosen:
            continue  # it is chosen by other means
        name, most = names.get(option, option), range_of(option).high
        if most == 1:
            low, high, step = SHARES
            found[option] = hp.Float(name, low, high, step=step, default=value)
        else:
            high = min(value * SPAN, most)
            found[option] = hp.Float(name, value / SPAN, high, sampling="log", default=value)
    return found


def _key(context: RunContext) -> str:
    """Trials of another configuration, data or teacher are another search."""
    data, teacher = prepare(context).fingerprint, train_teacher(context).fingerprint
    return fingerprint(VERSION, deciding(context.config), data, teacher)


def _report_trials(searcher, progress) -> None:
    if progress is None:
        return
    end_trial = searcher.on_trial_end

    def on_trial_end(trial):
        end_trial(trial)
        finished = len(searcher.oracle.end_order)
        progress(finished, {"val_uar": searcher.oracle.get_trial(trial.trial_id).score})

    searcher.on_trial_end = on_trial_end

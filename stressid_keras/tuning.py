"""Search for the student's options with keras-tuner, scored on people it was not trained on."""

import contextlib
import dataclasses
from collections.abc import Callable
from pathlib import Path

import keras
import keras_tuner

from stressid_keras.config import PRIVILEGED, RunConfig
from stressid_keras.distillation import Distiller, fit
from stressid_keras.errors import StressIDError
from stressid_keras.models import build_student
from stressid_keras.provenance import fingerprint
from stressid_keras.workflow import Run

OBJECTIVE = keras_tuner.Objective("val_uar", "max")
TUNERS = {
    "random": keras_tuner.RandomSearch,
    "bayesian": keras_tuner.BayesianOptimization,
}
WEIGHT_NAMES = ("alpha", "beta", "gamma", "delta")


class StudentHyperModel(keras_tuner.HyperModel):
    """A distilled student with learning rate, dropout, width and α to δ open.

    The objective is the best epoch's unweighted average recall on the validation subjects of the run's split: no
    subject of it is trained on, and the test subjects are not looked at.

    Args:
        run: its configuration is where the search starts; its teacher is trained if need be.
        folder: where the networks of the trials go.
    """

    def __init__(self, run: Run, folder: Path):
        super().__init__(name="student")
        self.run = run
        self.folder = Path(folder)

    def build(self, hp):
        keras.utils.set_random_seed(self.run.config.seed)
        config = chosen_config(self.run.config, hp)
        n_classes, n_mels = len(self.run.store.class_names), config.preparation.audio.n_mels
        return Distiller(
            build_student(n_classes, n_mels, config.student),
            weights=config.distillation.weights,
            label_smoothing=config.student_training.label_smoothing,
        )

    def fit(self, hp, model, *args, **kwargs):
        """Train a trial's student as the run would; its validation score."""
        data, features = self.run.data, self.run.training.teacher_features
        rows = data.rows("train")
        name = f"trial-{self.run.config.seed}"
        summary = fit(
            model,
            data.batches(rows, ("audio",), training=True, teacher_features=features["train"]),
            data.batches(data.rows("val"), ("audio",), teacher_features=features["val"]),
            data.labels(rows),
            chosen_config(self.run.config, hp).student_training,
            checkpoint=self.folder / f"{name}.keras",
            history=self.folder / f"{name}.csv",
        )
        return {"val_uar": summary["val_uar"]}


def chosen_config(config: RunConfig, hp) -> RunConfig:
    """The configuration with the values of a trial; asking for a value is what opens it to the search."""
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
    weights = {
        name: hp.Float(f"{name}_{modality}", 0.01, 100.0, sampling="log", default=1.0)
        for name, modality in zip(WEIGHT_NAMES, PRIVILEGED, strict=True)
    }
    return dataclasses.replace(
        config,
        student=student,
        student_training=training,
        distillation=dataclasses.replace(config.distillation, **weights),
    )


def search(
    run: Run, trials: int, tuner: str = "bayesian", progress: Callable[[int, dict], None] | None = None
) -> tuple[RunConfig, list[dict]]:
    """Search over `trials` settings; an interrupted search, called again, goes on where it stopped.

    Args:
        run: a run whose split and teacher are used; made if missing.
        tuner: "random" or "bayesian".
        progress: called after each trial with the number done and its score.

    Returns:
        the best configuration, and all trials, best first: `score` and the values.
    """
    if trials < 1:
        raise StressIDError(f"trials is {trials}; expected 1 or more.")
    folder = run.output_dir / "tuning"
    run.training.teacher_features  # noqa: B018  before the first trial, so that a trial's time is its own
    searcher = TUNERS[tuner](
        StudentHyperModel(run, folder),
        objective=OBJECTIVE,
        max_trials=trials,
        seed=run.config.seed,
        directory=str(folder),
        project_name=f"{tuner}-{_key(run)}",
        overwrite=False,
    )
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
    return chosen_config(run.config, done[0].hyperparameters), results


def _key(run: Run) -> str:
    """Trials of another configuration, data or teacher are another search."""
    return fingerprint(run.config.to_dict(), run.store.fingerprint, run.training.teacher.fingerprint)


def _report_trials(searcher, progress) -> None:
    if progress is None:
        return
    end_trial = searcher.on_trial_end

    def on_trial_end(trial):
        end_trial(trial)
        finished = len(searcher.oracle.end_order)
        progress(finished, {"val_uar": searcher.oracle.get_trial(trial.trial_id).score})

    searcher.on_trial_end = on_trial_end

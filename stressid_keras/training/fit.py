"""Fitting a classifier or distiller: class weights, best epoch, early stopping, logs, resuming."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from stressid_keras.batches.batch_plan import EpochCounter
from stressid_keras.config import TrainingConfig
from stressid_keras.errors import StressIDError
from stressid_keras.training.averaging import ValidateAverage
from stressid_keras.training.devices import Devices
from stressid_keras.training.history import History
from stressid_keras.training.kept_epoch import KeptEpoch
from stressid_keras.training.optimizer import build_optimizer
from stressid_keras.training.resume import Resume


def fit(
    model,
    train,
    validation,
    labels,
    config: TrainingConfig,
    *,
    checkpoint: Path,
    history: Path,
    tensorboard: Path | None = None,
    progress: Callable[[int, dict], None] | None = None,
    epoch: EpochCounter | None = None,
    resume_key: str = "",
    several: Devices | None = None,
) -> dict:
    """Train `model`, keep its network as it was in the last or the best epoch, and save that network.

    The best epoch is the one with the highest unweighted average recall on the validation subjects; of equals, the
    last. Where it is kept, training stops after `config.patience` epochs without one as good. A model that is trained
    in phases has its best epoch in the last one, and in each an optimizer and a learning rate of its own. Where weights
    are averaged (`config.average`), the averages are what is validated, kept and saved, and what a next phase begins
    with; the logs of the training part are of the weights of each step.

    Args:
        model: a `Classifier` or `Distiller`, not yet compiled.
        train, validation: datasets of `(x, y)`, of known length; validation None: nobody is validated on.
        labels: int (n,), of the training windows, for the class weights.
        checkpoint: where the network goes, `.keras`.
        history: where the values of each epoch go, `.csv`.
        tensorboard: folder for event files, if they are wanted.
        progress: called after each epoch with the number of epochs done and its logs.
        epoch: the counter that `train` was made with, if its batches depend on the epoch.
        resume_key: fingerprint of the model, the data and the configuration. With one, the state after each epoch
            is kept in `<checkpoint's stem>.resume.npz` until training ends, and a training that was interrupted,
            called again with the same key, goes on after its last whole epoch and ends as if it had not been.
        several: devices that train together, in whose context this is called (see `training.devices`); processes that
            were not interrupted after the same epoch begin again.

    Returns:
        `best_epoch`, the one that is kept (from 1), `epochs` (run), and, with `validation`, its `val_uar` and
        `val_cross_entropy`.

    Raises:
        StressIDError: the best epoch is to be kept, and there is nobody to choose it by.
    """
    if config.kept == "best" and validation is None:
        raise StressIDError(
            "kept is 'best', and nobody is validated on; expected people to choose the epoch by, or kept 'last'."
        )
    best = KeptEpoch(checkpoint, config.patience, config.kept)
    written = History(history)
    resume = Resume(Path(checkpoint).with_suffix(".resume.npz"), resume_key, best, written)
    callbacks = [written, ValidateAverage()]
    if epoch is not None:
        callbacks.append(
            keras.callbacks.LambdaCallback(
                on_epoch_begin=lambda number, logs: epoch.set(number),
                on_train_end=lambda logs: epoch.release(),
            )
        )
    if tensorboard is not None:
        callbacks.append(keras.callbacks.TensorBoard(str(tensorboard)))
    if resume_key:
        callbacks.append(resume)
    if progress is not None:
        callbacks.append(
            keras.callbacks.LambdaCallback(on_epoch_end=lambda number, logs: progress(number + 1, logs))
        )
    start = 0
    for phase, end in model.phases(config.epochs):
        done = resume.epochs_done() if resume_key else 0
        if several is not None and not several.everywhere_same(done):
            done = 0
        if done > end:
            start = end
            continue
        model.enter(phase)
        model.compile(build_optimizer(config, (end - start) * len(train)), run_eagerly=config.run_eagerly)
        if done > start:
            resume.restore(model, train)
        is_last = end == config.epochs
        model.fit(
            train,
            validation_data=validation,
            initial_epoch=end if best.is_over else max(start, done),
            epochs=end,
            class_weight=class_weights(labels, model.n_classes) if config.class_weights else None,
            callbacks=[best, *callbacks] if is_last else callbacks,
            shuffle=False,  # the pipeline shuffles
            verbose=0,
        )
        start = end
    resume.path.unlink(missing_ok=True)
    return best.summary()


def class_weights(labels, n_classes: int) -> dict[int, float]:
    """Weights in inverse proportion to the frequency, 1 on average over the windows; 0 for an absent class."""
    counts = np.bincount(np.asarray(labels), minlength=n_classes)
    present = np.count_nonzero(counts)
    return {c: float(counts.sum() / (present * n)) if n else 0.0 for c, n in enumerate(counts)}

"""Fitting a classifier or distiller: class weights, best epoch, early stopping, logs."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from stressid_keras.config import TrainingConfig
from stressid_keras.provenance import atomic_path

ROUNDING = 1e-6  # between recalls that would be equal if they were not float32


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
) -> dict:
    """Train `model`, keep its network as it was in the best epoch, and save that network.

    The best epoch is the one with the highest unweighted average recall on the validation subjects; of equals, the
    last. Training stops after `config.patience` epochs without one as good.

    Args:
        model: a `Classifier` or `Distiller`, not yet compiled.
        train, validation: datasets of `(x, y)`, of known length.
        labels: int (n,), of the training windows, for the class weights.
        checkpoint: where the network goes, `.keras`.
        history: where the values of each epoch go, `.csv`.
        tensorboard: folder for event files, if they are wanted.
        progress: called after each epoch with the number of epochs done and its logs.

    Returns:
        `best_epoch` (from 1), `epochs` (run) and the best epoch's `val_uar` and `val_cross_entropy`.
    """
    # Falling to nothing over the epochs asked for: with few subjects, a constant rate leaves each epoch to chance.
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, config.epochs * len(train))
    model.compile(keras.optimizers.AdamW(rate, weight_decay=config.weight_decay))
    best = BestEpoch(checkpoint, config.patience)
    callbacks = [best, keras.callbacks.CSVLogger(str(history))]
    if tensorboard is not None:
        callbacks.append(keras.callbacks.TensorBoard(str(tensorboard)))
    if progress is not None:
        callbacks.append(
            keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: progress(epoch + 1, logs))
        )
    model.fit(
        train,
        validation_data=validation,
        epochs=config.epochs,
        class_weight=class_weights(labels, model.n_classes) if config.class_weights else None,
        callbacks=callbacks,
        shuffle=False,  # the pipeline shuffles
        verbose=0,
    )
    return best.summary()


def class_weights(labels, n_classes: int) -> dict[int, float]:
    """Weights in inverse proportion to the frequency, 1 on average over the windows; 0 for an absent class."""
    counts = np.bincount(np.asarray(labels), minlength=n_classes)
    present = np.count_nonzero(counts)
    return {c: float(counts.sum() / (present * n)) if n else 0.0 for c, n in enumerate(counts)}


class BestEpoch(keras.callbacks.Callback):
    """Save and finally restore the network of the best epoch, and stop when none has come for a while.

    With a handful of validation subjects recall is often equal in several epochs. Keras's own `EarlyStopping` and
    `ModelCheckpoint` keep the first of them, a network that has hardly been trained and was lucky; this keeps the last.
    """

    def __init__(self, path: Path, patience: int):
        super().__init__()
        self.path = Path(path)
        self.patience = patience
        self.best = None
        self.best_epoch = 0
        self.epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        self.epochs = epoch + 1
        score = logs["val_uar"]
        if self.best is None or score >= self.best["val_uar"] - ROUNDING:
            self.best = {"val_uar": score, "val_cross_entropy": logs["val_cross_entropy"]}
            self.best_epoch = self.epochs
            with atomic_path(self.path) as temporary:
                self.model.network.save(temporary)
        elif self.epochs - self.best_epoch >= self.patience:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        self.model.network.load_weights(self.path)

    def summary(self) -> dict:
        return {"best_epoch": self.best_epoch, "epochs": self.epochs, **self.best}

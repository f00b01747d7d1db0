"""The network of the epoch that is kept, and when to stop waiting for a better one."""

from pathlib import Path

import keras
import numpy as np

from stressid_keras.provenance import atomic_path
from stressid_keras.training.averaging import averaged_weights

SCORES = ("val_uar", "val_cross_entropy")  # of the validation subjects, if there are any
ROUNDING = 1e-6  # between recalls that would be equal if they were not float32


class KeptEpoch(keras.callbacks.Callback):
    """Finally restore and save the network of the epoch that is kept: the last, or the best; averaged, if it is.

    The best epoch by a handful of validation subjects is mostly luck: the last one, at the end of a learning rate that
    falls to zero, hears test subjects better (docs/log.md). Where the best is asked for, training stops when none has
    come for a while. Recall is often equal in several epochs: Keras's own `EarlyStopping` and `ModelCheckpoint` keep
    the first of them, a network that has hardly been trained and was lucky; this keeps the last.

    Args:
        path: where the model's `network` goes when training ends, `.keras`.
        patience: epochs without one as good before training stops.
        kept: "last", or "best" by the unweighted average recall.
    """

    def __init__(self, path: Path, patience: int, kept: str = "best"):
        super().__init__()
        self.path = Path(path)
        self.patience = patience
        self.kept = kept
        self.scores = None
        self.kept_epoch = 0
        self.epochs = 0
        self._weights: list[np.ndarray] = []

    @property
    def is_over(self) -> bool:
        """Whether training has waited long enough."""
        return self.scores is not None and self.epochs - self.kept_epoch >= self.patience

    def on_epoch_end(self, epoch, logs=None):
        self.epochs = epoch + 1
        scores = {name: float(logs[name]) for name in SCORES if name in logs}
        if (
            self.kept == "last"
            or self.scores is None
            or scores["val_uar"] >= self.scores["val_uar"] - ROUNDING
        ):
            self.scores = scores
            self.kept_epoch = self.epochs
            with averaged_weights(self.model):
                self._weights = [np.array(values) for values in self.model.network.get_weights()]
        elif self.is_over:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        self.model.network.set_weights(self._weights)
        with atomic_path(self.path) as temporary:
            self.model.save_network(temporary)

    def summary(self) -> dict:
        # "best_epoch", here and below, for the records and states of earlier versions that are read
        return {"best_epoch": self.kept_epoch, "epochs": self.epochs, **self.scores}

    def state(self) -> tuple[dict, list[np.ndarray]]:
        """What `set_state` needs: JSON values, and the weights of the epoch that is kept."""
        return {"best": self.scores, "best_epoch": self.kept_epoch, "epochs": self.epochs}, self._weights

    def set_state(self, values: dict, weights: list[np.ndarray]) -> None:
        self.scores, self.kept_epoch, self.epochs = values["best"], values["best_epoch"], values["epochs"]
        self._weights = weights

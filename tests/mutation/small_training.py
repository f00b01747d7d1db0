"""A training of a few numbers, whose state is kept after each epoch."""

import keras
import numpy as np

from stressid_keras.training.history import History
from stressid_keras.training.kept_epoch import KeptEpoch
from stressid_keras.training.resume import Resume


def small_model() -> keras.Model:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(2)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.network = model  # which `KeptEpoch` saves
    return model


def batches() -> list:
    rng = np.random.default_rng(0)
    return [(rng.normal(size=(4, 3)).astype("float32"), rng.integers(0, 2, 4))]


def resume_of(path, folder) -> Resume:
    kept = KeptEpoch(folder / "best.keras", 5)
    return Resume(path, "key", kept, History(folder / "history.csv"))


def write_state(path, folder) -> None:
    """Two epochs, and the state after them."""
    model, resume = small_model(), resume_of(path, folder)
    for callback in (resume.kept, resume.history, resume):
        callback.set_model(model)
    for epoch in range(2):
        loss = float(model.train_on_batch(*batches()[0]))
        logs = {"loss": loss, "val_uar": 0.5 + epoch / 4, "val_cross_entropy": loss}
        for callback in (resume.kept, resume.history, resume):
            callback.on_epoch_end(epoch, logs)

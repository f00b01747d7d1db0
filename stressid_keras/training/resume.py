"""The state of a training after each epoch, so that an interrupted one goes on where it stopped."""

import json
from pathlib import Path

import keras
import numpy as np

from stressid_keras.errors import StaleError
from stressid_keras.provenance import fingerprint
from stressid_keras.store.sealed_arrays import read_arrays, write_arrays
from stressid_keras.training.history import History
from stressid_keras.training.kept_epoch import KeptEpoch


class Resume(keras.callbacks.Callback):
    """Writes, after every epoch, all that the epochs after it depend on: as if nothing had been in between.

    That is every variable of the model and its optimiser (statistics of the normalisation and states of random
    generators among them), the state of the backend's own generator, the epoch that is kept so far with its weights,
    and the history. It comes after the callbacks that see to these.

    Args:
        path: `.npz` file, replaced as a whole.
        key: fingerprint of everything that decides the training; a file with another one is not used.
        kept: holds the epoch that is kept.
        history: holds the values of every epoch.
    """

    def __init__(self, path: Path, key: str, kept: KeptEpoch, history: History):
        super().__init__()
        self.path = Path(path)
        self.key = fingerprint(key, keras.backend.backend(), keras.__version__)
        self.kept = kept
        self.history = history
        self._generators: list[np.ndarray] = []
        self._stored: dict[str, np.ndarray] | None = None

    def epochs_done(self) -> int:
        """Number of whole epochs after which the state was written; 0 if there is none, or of another training."""
        self._stored = self._read()
        return 0 if self._stored is None else len(json.loads(str(self._stored["state"]))["history"])

    def restore(self, model, train) -> None:
        """Put a compiled model and what belongs to it in the state that was written.

        Args:
            model: as the interrupted training had it when it began the phase that it was in.
            train: its batches; a step on one of them makes the variables that are made when first used.

        Raises:
            StaleError: there is no state, or it is not whole.
        """
        stored, self._stored = self._stored or self._read(), None
        if stored is None:
            raise StaleError(f"{self.path} is missing or damaged; run again.")
        model.train_on_batch(*keras.tree.map_structure(np.asarray, next(iter(train))))
        for variable, values in zip(_variables(model), _arrays(stored, "variable"), strict=True):
            variable.assign(values)
        state = json.loads(str(stored["state"]))
        self.kept.set_state(state["best"], _arrays(stored, "best"))
        self.history.rows = state["history"]
        self.history.write()
        self._generators = _arrays(stored, "generator")

    def on_epoch_begin(self, epoch, logs=None):
        _set_backend_generators(self._generators)  # not earlier: Keras draws before the first epoch
        self._generators = []

    def on_epoch_end(self, epoch, logs=None):
        kept, weights = self.kept.state()
        arrays = {f"variable{n}": _exact(variable) for n, variable in enumerate(_variables(self.model))}
        arrays |= {f"best{n}": _exact(values) for n, values in enumerate(weights)}
        arrays |= {f"generator{n}": values for n, values in enumerate(_backend_generators())}
        state = json.dumps({"best": kept, "history": self.history.rows})
        write_arrays(self.path, {"key": np.array(self.key), "state": np.array(state), **arrays})

    def _read(self) -> dict[str, np.ndarray] | None:
        """Whole, unchanged and of this training; anything else is as if there were none."""
        stored = read_arrays(self.path)
        return stored if stored is not None and str(stored.get("key")) == self.key else None


def _variables(model) -> list:
    return [*model.variables, *model.optimizer.variables]


def _backend_generators() -> list[np.ndarray]:
    """States of generators that are no variables: Keras's dropout draws from torch's own."""
    if keras.backend.backend() != "torch":
        return []
    import torch

    return [state.numpy() for state in (torch.get_rng_state(), *torch.cuda.get_rng_state_all())]


def _set_backend_generators(states: list[np.ndarray]) -> None:
    if states:
        import torch

        torch.set_rng_state(torch.from_numpy(states[0]))
        torch.cuda.set_rng_state_all([torch.from_numpy(state) for state in states[1:]])


def _arrays(stored: dict[str, np.ndarray], name: str) -> list[np.ndarray]:
    found = [key for key in stored if key.startswith(name) and key[len(name) :].isdigit()]
    return [stored[f"{name}{n}"] for n in range(len(found))]


def _exact(values) -> np.ndarray:
    """As NumPy can store it: bfloat16 is not its own, and every one of them is a float32."""
    values = keras.ops.convert_to_numpy(values)
    return values.astype(np.float32) if values.dtype.kind == "V" else values

"""Training on several devices, of one process or of several: each works on a part of every batch."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np

from stressid_keras.batches.divided import DividedBatches
from stressid_keras.errors import StressIDError
from stressid_keras.system.processes_together import PLACE, processes_together


@dataclass(frozen=True)
class Devices:
    """What a batch is divided among.

    Attributes:
        names: of all devices, those of other processes among them.
        processes, process: how many train together, and which of them this is, from 0.
    """

    names: tuple[str, ...] = ("one",)
    processes: int = 1
    process: int = 0

    def divide(self, batches):
        """The batches, or this process's share of them; TensorFlow divides its datasets by itself."""
        if batches is None or keras.backend.backend() != "jax" or len(self.names) == 1:
            return batches
        return DividedBatches(batches, len(self.names), self.processes, self.process)

    def check_batch(self, size: int) -> None:
        """Raises StressIDError if the backend cannot divide a first batch of that size."""
        if keras.backend.backend() == "tensorflow" and size % len(self.names):
            raise StressIDError(
                f"a first batch has {size} windows, which TensorFlow cannot divide evenly among {len(self.names)} "
                "devices; choose another --batch-size, or KERAS_BACKEND=jax, which can."
            )

    def somewhere(self, condition: bool) -> bool:
        """Whether it holds in any process; all of them have to ask."""
        return bool(self._of_all(condition).any())

    def everywhere_same(self, number: int) -> bool:
        """Whether all processes have the same number; all of them have to ask."""
        numbers = self._of_all(number)
        return bool((numbers == numbers[0]).all())

    def _of_all(self, value) -> np.ndarray:
        if self.processes == 1:
            return np.array([value])
        from jax.experimental import multihost_utils

        return np.asarray(multihost_utils.process_allgather(np.array(int(value)))).reshape(-1)


def join_processes() -> None:
    """Meet the other processes that train together, as the environment names them (`keras.distribution.initialize`).

    It has to come before anything else that JAX does.

    Raises:
        StressIDError: the backend is not JAX, or the others cannot be met.
    """
    count, process = processes_together()
    if count == 1:
        return
    if keras.backend.backend() != "jax":
        raise StressIDError(
            f"{count} processes are to train together, which the {keras.backend.backend()} backend cannot; set "
            "KERAS_BACKEND=jax."
        )
    import jax

    if jax.distributed.is_initialized():
        return
    try:
        keras.distribution.initialize()
    except (RuntimeError, ValueError) as error:
        raise StressIDError(
            f"process {process} of {count} could not meet the others at {os.environ.get(PLACE)} ({error}); expected "
            f"{PLACE}=HOST:PORT of the first process, the same in all."
        ) from None


@contextlib.contextmanager
def devices(distribution: str) -> Iterator[Devices]:
    """Build, compile and fit models in it: each step's batch is divided among all devices.

    On JAX it is `keras.distribution.DataParallel`, on TensorFlow `tf.distribute.MirroredStrategy`. All devices have the
    same weights; losses, gradients and the statistics of `MaskedBatchNormalization` are of the whole batch, so that the
    loss curve is that of one device, but for rounding and, on TensorFlow, for dropout, which every device draws alike
    for its own part, and for what is logged as `loss` where the last batch cannot be divided evenly.

    Args:
        distribution: "" (one device) or "data-parallel".

    Raises:
        StressIDError: the backend cannot.
    """
    if not distribution:
        yield Devices()
        return
    backend = keras.backend.backend()
    if backend == "jax":
        join_processes()
        strategy = keras.distribution.DataParallel(auto_shard_dataset=False)
        found = Devices(
            tuple(keras.distribution.list_devices()), strategy.num_processes, processes_together()[1]
        )
    elif backend == "tensorflow":
        import tensorflow as tf

        names = [
            each.name
            for each in tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        ]
        strategy = tf.distribute.MirroredStrategy(names)
        found = Devices(tuple(names))
    else:
        raise StressIDError(
            f"Keras {keras.__version__} divides no batch on the {backend} backend; set KERAS_BACKEND=jax, or "
            "tensorflow."
        )
    with strategy.scope():
        yield found

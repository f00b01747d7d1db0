"""Batches that several devices can divide evenly."""

import keras
import numpy as np

from stressid_keras.batches.filling import FILLING


class DividedBatches(keras.utils.PyDataset):
    """The same batches, filled with repeats of their first sample to a multiple of the number of devices.

    A device takes as many samples as any other: JAX knows no other division. How many samples only fill the batch is
    the length of `x["filling"]` along its second axis, which a compiled step knows: `real_samples` cuts them off on
    the devices, so that losses, the statistics of normalisation and what a method compares within a batch are those of
    the samples that are there, as on one device.

    Args:
        batches: a `keras.utils.PyDataset` of `(x, y)`, x a dict.
        devices: of all processes.
        processes, process: how many read the same batches, and which of them this is (from 0): it keeps its share.
    """

    def __init__(self, batches, devices: int, processes: int = 1, process: int = 0):
        super().__init__(workers=1)
        self._batches = batches
        self._devices, self._processes, self._process = devices, processes, process

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int):
        return self._divided(self._batches[index])

    def __iter__(self):
        return map(self._divided, iter(self._batches))

    def on_epoch_begin(self) -> None:
        self._batches.on_epoch_begin()

    def on_epoch_end(self) -> None:
        self._batches.on_epoch_end()

    def _divided(self, batch):
        x, y = batch
        missing = -len(y) % self._devices
        places = np.concatenate([np.arange(len(y)), np.zeros(missing, int)])
        own = np.split(places, self._processes)[self._process]
        filling = np.zeros((len(own), missing), bool)
        x, y = keras.tree.map_structure(lambda values: values[own], (x, y))
        return {**x, FILLING: filling}, y

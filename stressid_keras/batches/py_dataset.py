"""Prepared windows → batches for Keras on any backend, without TensorFlow."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import keras
import numpy as np

from stressid_keras.batches.batch_plan import BatchPlan, EpochCounter, largest_sizes, sample_lengths
from stressid_keras.batches.samples import Samples
from stressid_keras.config import PipelineConfig
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import PHYSIOLOGICAL
from stressid_keras.store.store import PreparedStore


class PreparedBatches(keras.utils.PyDataset):
    """The batches of `make_dataset`, number for number, as a `keras.utils.PyDataset`; its arguments are the same.

    `batches[i]` is batch i of the epoch; iterating by hand is the next epoch every time. While Keras works on a
    batch, `config.workers` threads prepare the next ones. That is done here and not by Keras, whose workers hand
    what they read ahead before the end of a pass on to the next one: once Keras has looked at a batch to build a
    model, its epochs lack some batches and have others twice.

    Raises:
        StressIDError: when `fit`, `evaluate` or `predict` begin: the backend is TensorFlow, where Keras takes the
            shapes of all batches from the first two, and the shapes may differ.
    """

    def __init__(
        self,
        store: PreparedStore,
        rows: Sequence[int],
        modalities: Sequence[str],
        config: PipelineConfig,
        *,
        training: bool = False,
        seed: int = 0,
        teacher_features: dict[str, np.ndarray] | None = None,
        epoch: EpochCounter | None = None,
        view: int = 0,
        vectors: dict[str, np.ndarray] | None = None,
    ):
        super().__init__(workers=1)
        rows = np.asarray(rows, dtype="int64")
        changing = training or view > 0
        self._samples = Samples(store, rows, modalities, config, changing, seed, teacher_features, vectors)
        self._plan = BatchPlan(sample_lengths(store, rows, modalities), config, training, seed)
        self._training, self._view = training, view
        self._counter = epoch or EpochCounter()
        self._planned: tuple[int, list[np.ndarray]] = (-1, [])
        self._pool, self._ahead = ThreadPoolExecutor(config.workers), config.workers
        self._pending: dict[tuple[int, int], Future] = {}
        largest = largest_sizes(store, rows, modalities)
        self._padded = largest if config.pad_to == "largest" else {}
        self._one_shape = bool(self._padded) or (
            not (changing and config.augmentation.enabled and set(modalities) & set(PHYSIOLOGICAL))
            and all(store.shape(row, name) == size for name, size in largest.items() for row in rows)
        )

    def __len__(self) -> int:
        """Number of batches of an epoch."""
        return len(self._plan)

    def __getitem__(self, index: int):
        return self._batch(self._counter.current if self._training else self._view, index)

    def __iter__(self) -> Iterator:
        epoch = self._counter.start_pass() if self._training else self._view
        return (self._batch(epoch, index) for index in range(len(self)))

    def on_epoch_begin(self) -> None:
        if keras.backend.backend() == "tensorflow" and not self._one_shape:
            raise StressIDError(
                "PreparedBatches have different shapes, which Keras does not take on the TensorFlow backend; use "
                "make_dataset, or pad_to='largest'."
            )

    def on_epoch_end(self) -> None:
        self._counter.end_pass()

    def _batch(self, epoch: int, index: int):
        """The batch, once it is there, with the next ones under way; what was under way for another pass goes."""
        wanted = [(epoch, number) for number in range(index, min(index + 1 + self._ahead, len(self)))]
        if index < 0 or not wanted:
            raise IndexError(f"there is no batch {index}; there are {len(self)}")
        self._pending = {
            key: self._pending.get(key) or self._pool.submit(self._made, self._positions(*key), epoch)
            for key in wanted
        }
        return self._pending.pop(wanted[0]).result()

    def _positions(self, epoch: int, index: int) -> np.ndarray:
        if self._planned[0] != epoch:
            self._planned = (epoch, self._plan.batches(epoch))
        return self._planned[1][index]

    def _made(self, positions: np.ndarray, epoch: int):
        samples = [self._samples.read(position, epoch) for position in positions]
        x = {}
        for modality in self._samples.modalities:
            arrays = [sample.arrays[modality] for sample in samples]
            sizes = np.array([array.shape[:-1] for array in arrays], np.int32)
            size = self._padded.get(modality, sizes.max(axis=0))[: sizes.shape[1]]
            x[modality] = np.zeros((len(arrays), *size, arrays[0].shape[-1]), np.float32)
            for place, array in zip(x[modality], arrays, strict=True):
                place[tuple(map(slice, array.shape))] = array
            x[f"{modality}_size"] = sizes
        for name in self._samples.vectors:
            x[name] = np.stack([sample.vectors[name] for sample in samples])
        if self._samples.features:
            x["teacher_features"] = {
                name: np.stack([sample.features[name] for sample in samples])
                for name in self._samples.features
            }
        return x, np.array([sample.label for sample in samples], np.int32)

"""Which samples are in which batch of an epoch, from the seed and the epoch alone."""

import numpy as np

from stressid_keras.config import PipelineConfig
from stressid_keras.store.store import PreparedStore


class BatchPlan:
    """The order of the samples in every epoch; batch k is its k-th piece of `config.batch_size`.

    Training shuffles, sorts by length within chunks of `config.bucket_batches` batches, so that padding wastes
    little, and shuffles each chunk's batches. Which samples share a chunk stays random, so that no batch is of
    one class where lengths tell the class. An incomplete batch comes last.

    Args:
        lengths: numbers in each sample, int (n,), as `sample_lengths` counts them.
        config: batch size and chunks.
        training: without it, samples come in their order.
        seed: of the shuffling.
    """

    def __init__(self, lengths: np.ndarray, config: PipelineConfig, training: bool, seed: int):
        self.lengths = np.asarray(lengths)
        self.batch_size = config.batch_size
        self.training = training
        self.seed = seed
        sorts = config.bucket_batches > 1 and len(np.unique(self.lengths)) > 1
        self.chunk = config.bucket_batches * config.batch_size if sorts else 0

    def __len__(self) -> int:
        """Number of batches."""
        return -(-len(self.lengths) // self.batch_size)

    def order(self, epoch: int) -> np.ndarray:
        """Positions of an epoch's samples, int64 (n,)."""
        if not self.training:
            return np.arange(len(self.lengths))
        generator = np.random.default_rng((self.seed, epoch))
        order = generator.permutation(len(self.lengths))
        if not self.chunk:
            return order
        starts = range(0, len(order), self.chunk)
        return np.concatenate([self._sorted(order[i : i + self.chunk], generator) for i in starts])

    def batches(self, epoch: int) -> list[np.ndarray]:
        """Positions of the samples of every batch of an epoch."""
        order = self.order(epoch)
        return [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]

    def _sorted(self, chunk: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        chunk = chunk[np.argsort(self.lengths[chunk], kind="stable")]
        full = len(chunk) - len(chunk) % self.batch_size
        batches = generator.permutation(chunk[:full].reshape(-1, self.batch_size))
        return np.concatenate([batches.ravel(), chunk[full:]])


class EpochCounter:
    """Which epoch the next pass over training batches is.

    `fit` sets it, so that an epoch of a resumed training has the batches that it has in one that was not
    interrupted; Keras itself may look at batches before the first epoch. Otherwise every pass is the next epoch.
    """

    def __init__(self):
        self.current = 0
        self._is_set = False

    def set(self, epoch: int) -> None:
        """The next passes are this epoch, until another is set or `release` is called."""
        self.current, self._is_set = epoch, True

    def release(self) -> None:
        """Passes count themselves again."""
        self._is_set = False

    def start_pass(self) -> int:
        """The epoch of the pass that starts now."""
        epoch = self.current
        self.end_pass()
        return epoch

    def end_pass(self) -> None:
        """The next pass is the next epoch, unless one is set."""
        if not self._is_set:
            self.current += 1


def sample_lengths(store: PreparedStore, rows, modalities) -> np.ndarray:
    """Numbers in each sample, over its modalities: int64 (len(rows),)."""
    return np.array([sum(np.prod(store.shape(row, m)) for m in modalities) for row in rows], dtype=np.int64)


def largest_sizes(store: PreparedStore, rows, modalities) -> dict[str, tuple[int, ...]]:
    """By modality, the largest stored side of any of the rows on each axis."""
    return {m: tuple(np.max([store.shape(row, m) for row in rows], axis=0).tolist()) for m in modalities}


def padded_share(
    store: PreparedStore, rows, modalities, config: PipelineConfig, seed: int = 0, epoch: int = 0
) -> float:
    """Share of padding in the numbers of a training epoch, as stored: crops of augmentation come on top."""
    rows = np.asarray(rows)
    if not len(rows):
        return 0.0
    plan = BatchPlan(sample_lengths(store, rows, modalities), config, True, seed)
    largest = largest_sizes(store, rows, modalities)
    padded = 0
    for batch in plan.batches(epoch):
        sizes = largest_sizes(store, rows[batch], modalities) if config.pad_to == "batch" else largest
        padded += len(batch) * sum(int(np.prod(size)) for size in sizes.values())
    return 1 - int(plan.lengths.sum()) / padded if padded else 0.0

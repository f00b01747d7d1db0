"""One prepared window as a batch holds it: decoded, augmented, with its stored features."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from stressid_keras.batches.augmentation import augment
from stressid_keras.batches.cache import cached
from stressid_keras.config import PipelineConfig
from stressid_keras.modalities import RECORDS
from stressid_keras.store.encoding import from_stored
from stressid_keras.store.store import PreparedStore


class Sample(NamedTuple):
    arrays: dict[str, np.ndarray]  # by modality, float32 (*spatial, C)
    vectors: dict[str, np.ndarray]  # by name, float32 (d,)
    features: dict[str, np.ndarray]  # the teacher's by name, float32 (d,)
    label: np.int32


class Samples:
    """The samples of a dataset by position; both loaders read them here.

    Args:
        store, modalities, config, seed, teacher_features, vectors: as for `make_dataset`.
        rows: int (n,).
        changing: whether a sample is changed at random, and its view of the teacher's features chosen so.
    """

    def __init__(
        self,
        store: PreparedStore,
        rows: np.ndarray,
        modalities: Sequence[str],
        config: PipelineConfig,
        changing: bool,
        seed: int,
        teacher_features: dict[str, np.ndarray] | None,
        vectors: dict[str, np.ndarray] | None = None,
    ):
        self.rows = rows
        self.modalities = tuple(modalities)
        self.augmentation = config.augmentation
        self.changing = changing
        self.seed = seed
        self.features = {name: _by_view(values) for name, values in (teacher_features or {}).items()}
        self.vectors = {name: np.asarray(values, np.float32) for name, values in (vectors or {}).items()}
        self._store = cached(store, config.cache)
        self._labels = store.manifest["label"].to_numpy(np.int32)

    def read(self, position: int, epoch: int) -> Sample:
        """A sample as it is in an epoch: the same for the same seed, epoch and row, whatever else is read."""
        row = int(self.rows[position])
        arrays = {
            modality: decoded(modality, self._store.read(row, modality)) for modality in self.modalities
        }
        features = {name: views[position] for name, views in self.features.items()}
        view = 0
        if self.changing:
            generator = np.random.default_rng(np.random.SeedSequence((self.seed, epoch), spawn_key=(row,)))
            if self.augmentation.enabled:
                arrays = augment(arrays, generator, self.augmentation)
            if features:  # after the augmentation, which is then the same with and without views
                view = generator.integers(len(next(iter(features.values()))))
        chosen = {name: views[view].astype(np.float32) for name, views in features.items()}
        vectors = {name: values[position] for name, values in self.vectors.items()}
        return Sample(arrays, vectors, chosen, self._labels[row])


def decoded(modality: str, array: np.ndarray) -> np.ndarray:
    """A prepared array as the float32 numbers that it stands for, (*spatial, C)."""
    values = from_stored(array, modality)
    return values if RECORDS[modality].channels > 1 else values[..., None]


def _by_view(values) -> np.ndarray:
    """(n, d) or (n, views, d) as the latter."""
    values = np.asarray(values)
    return values[:, None] if values.ndim == 2 else values

"""Random changes of one training sample: small operations on NumPy arrays, registered by name."""

import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from stressid_keras.config import AUGMENTATIONS, SHARED_STREAM, AugmentationConfig, from_dict
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import RECORDS

SIGNAL = "signal"  # stands for every physiological signal


@dataclass(frozen=True)
class Augmentation:
    """One kind of random change.

    Attributes:
        name: of its file, and of its options where they are in `AugmentationConfig.added`.
        changes: the modality that it changes, or "signal" for each of the physiological ones.
        caption: in pictures.
        apply: array, generator and options → array, float32 both; it draws from the generator alone, from which it
            takes nothing when its options switch it off, and leaves its input as it is.
        options: class of the options, a dataclass that is `Checked`.
    """

    name: str
    changes: str
    caption: str
    apply: Callable[[np.ndarray, np.random.Generator, object], np.ndarray]
    options: type = AugmentationConfig

    def fits(self, modality: str) -> bool:
        return self.changes == modality or (self.changes == SIGNAL and RECORDS[modality].is_signal)

    def options_from(self, values: dict):
        """Its options from plain JSON types; StressIDError if they are none, or are those of `AugmentationConfig`."""
        if self.options is AugmentationConfig:
            raise StressIDError(f"added has {self.name}; expected its options among those of augmentation.")
        return from_dict(self.options, values, self.name)

    def options_in(self, config: AugmentationConfig):
        if self.options is AugmentationConfig:
            return config
        return self.options_from(config.added.get(self.name, {}))


def register_augmentation(name: str, changes: str, caption: str, options: type = AugmentationConfig):
    """A decorator that registers a function as an augmentation; the arguments are attributes of `Augmentation`."""

    def decorate(apply):
        AUGMENTATIONS.register(Augmentation(name, changes, caption, apply, options))
        return apply

    return decorate


def augment(sample: dict, generator: np.random.Generator, config: AugmentationConfig) -> dict:
    """Apply every augmentation that fits the modalities of the sample.

    An augmentation that is added draws the same whatever else is changed, and changes nothing of what others draw.

    Args:
        sample: float32 arrays by modality: `audio` (T, n_mels, 1) and `video` (F, H, W, 3) in [0, 1],
            `ecg`, `eda`, `rr` (S, S, 1) in [-1, 1].
        generator: made from a seed sequence, as NumPy's own are.
    """
    sample = dict(sample)
    for modality, changes in changes_of(sample).items():
        for change in changes:
            stream = generator if change.name in SHARED_STREAM else _stream_of(change, modality, generator)
            sample[modality] = change.apply(sample[modality], stream, change.options_in(config))
    return sample


def _stream_of(change: Augmentation, modality: str, generator: np.random.Generator) -> np.random.Generator:
    """Chance of one augmentation of one modality, from the seed of a generator that stays where it is."""
    seed = generator.bit_generator.seed_seq
    own = zlib.crc32(f"{change.name} {modality}".encode())
    return np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, own)))


def changes_of(modalities: Collection[str]) -> dict[str, list[Augmentation]]:
    """What changes each modality that anything changes, all in the order in which chance is drawn for them."""
    found = {}
    for change in AUGMENTATIONS.values():
        for modality in RECORDS:
            if modality in modalities and change.fits(modality):
                found.setdefault(modality, []).append(change)
    return found

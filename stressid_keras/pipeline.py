"""Prepared windows → tf.data batches."""

import hashlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from stressid_keras.augmentation import augment
from stressid_keras.bucketing import bucketed, sample_lengths
from stressid_keras.config import PHYSIOLOGICAL, PipelineConfig
from stressid_keras.preprocessing.store import PreparedStore
from stressid_keras.provenance import fingerprint

RANKS = {"audio": 2, "video": 3, "ecg": 2, "eda": 2, "rr": 2}  # spatial axes; channels come last


def make_dataset(
    store: PreparedStore,
    rows: Sequence[int],
    modalities: Sequence[str],
    config: PipelineConfig,
    *,
    training: bool = False,
    seed: int = 0,
    teacher_features: dict[str, np.ndarray] | None = None,
) -> tf.data.Dataset:
    """Batches `(x, y)` of prepared windows, padded to the largest sample of the batch.

    `x` holds, for each modality, float32 (B, *spatial, C), zero beyond the true sizes (`audio` and `video` in
    [0, 1], `ecg`, `eda`, `rr` in [-1, 1]), and `<modality>_size`, int32 (B, d). `y` is int32 (B,).

    Args:
        store: the prepared folder.
        rows: rows of its manifest; each must have every modality asked for.
        modalities: which of them a batch holds.
        training: shuffle, anew in every pass, with samples of like length in one batch (not from a cache), and
            augment if the configuration says so. Without it, samples come in the order of `rows`.
        seed: of shuffling and augmentation; the same seed gives the same batches.
        teacher_features: by name (len(rows), d), in the order of `rows`; comes as `x["teacher_features"]`.
    """
    rows = np.asarray(rows, dtype="int64")
    lengths = sample_lengths(store, rows, modalities)
    elements = {"row": rows, "length": lengths}
    if teacher_features is not None:
        elements["teacher_features"] = {k: np.asarray(v, "float32") for k, v in teacher_features.items()}
    dataset = tf.data.Dataset.from_tensor_slices(elements)
    read = _reader(store, modalities)
    if config.cache:
        dataset = dataset.map(read, num_parallel_calls=config.workers)
        dataset = dataset.cache(_cache_file(config.cache, store, rows, modalities, teacher_features))
    if training:
        dataset = dataset.shuffle(max(len(rows), 1), seed=seed, reshuffle_each_iteration=True)
    if not config.cache:
        if training:  # rows are sorted, not arrays: those of a cache have been read already
            dataset = bucketed(dataset, lengths, config, seed)
        dataset = dataset.map(read, num_parallel_calls=config.workers)
    if training and config.augmentation.enabled:
        dataset = _augmented(dataset, config, seed)
    else:
        dataset = dataset.map(lambda sample: _decode(sample, modalities), config.workers)
    dataset = dataset.map(lambda sample: _with_sizes(sample, modalities), config.workers)
    return dataset.padded_batch(config.batch_size).prefetch(2)


def _cache_file(cache, store, rows, modalities, teacher_features) -> str:
    """A file of its own for every content; a finished cache is replayed whatever it is then asked for."""
    if cache == "memory":
        return ""
    features = {name: _content(values) for name, values in (teacher_features or {}).items()}
    return f"{cache}-{fingerprint(store.fingerprint, rows.tolist(), list(modalities), features)}"


def _content(values) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


def _reader(store, modalities):
    """Map an element's row number to its arrays, still in 8 bits."""

    def read_arrays(row):
        return (*(store.read(int(row), modality) for modality in modalities), labels[row])

    labels = store.manifest["label"].to_numpy("int32")

    def read(element):
        *arrays, label = tf.numpy_function(
            read_arrays, [element["row"]], [tf.uint8] * len(modalities) + [tf.int32], stateful=False
        )
        sample = {}
        for modality, array in zip(modalities, arrays, strict=True):
            if modality != "video":
                array = tf.expand_dims(array, -1)
            array.set_shape([None] * RANKS[modality] + [3 if modality == "video" else 1])
            sample[modality] = array
        label.set_shape(())
        sample["label"] = label
        if "teacher_features" in element:
            sample["teacher_features"] = element["teacher_features"]
        return sample

    return read


def _decode(sample, modalities):
    """8-bit arrays as the numbers that they stand for."""
    sample = dict(sample)
    for modality in modalities:
        values = tf.cast(sample[modality], tf.float32) / 255.0
        sample[modality] = values * 2.0 - 1.0 if modality in PHYSIOLOGICAL else values
    return sample


def _augmented(dataset, config, seed):
    seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True).batch(2)

    def apply(sample, pair):
        modalities = [name for name in sample if name in RANKS]
        return augment(_decode(sample, modalities), tf.cast(pair, tf.int32), config.augmentation)

    return tf.data.Dataset.zip(dataset, seeds).map(apply, num_parallel_calls=config.workers)


def _with_sizes(sample, modalities):
    x = {modality: sample[modality] for modality in modalities}
    for modality in modalities:
        x[f"{modality}_size"] = tf.shape(sample[modality])[:-1]
    if "teacher_features" in sample:
        x["teacher_features"] = sample["teacher_features"]
    return x, sample["label"]

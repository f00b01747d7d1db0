"""Samples of like length in one batch, so that padding wastes little."""

import numpy as np
import tensorflow as tf

from stressid_keras.config import PipelineConfig
from stressid_keras.preprocessing.store import PreparedStore


def sample_lengths(store: PreparedStore, rows, modalities) -> np.ndarray:
    """Numbers in each sample, over its modalities: int64 (len(rows),)."""
    return np.array([sum(np.prod(store.shape(row, m)) for m in modalities) for row in rows], dtype=np.int64)


def bucketed(dataset: tf.data.Dataset, lengths: np.ndarray, config: PipelineConfig, seed: int):
    """Sort a shuffled dataset by length within chunks of some batches, then shuffle the chunk's batches.

    Which samples share a chunk stays random, so that no batch is of one class where lengths tell the class.
    Without differences of length nothing is changed.

    Args:
        dataset: of dicts with an int64 scalar `length`, of known number.
        lengths: of all samples, in any order.
    """
    chunk = config.bucket_batches * config.batch_size
    if config.bucket_batches < 2 or len(set(lengths.tolist())) < 2:
        return dataset
    seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True).batch(2)

    def arrange(samples, pair):
        order = tf.argsort(samples["length"], stable=True)
        count = tf.shape(order)[0]
        full = count - count % config.batch_size  # an incomplete batch stays last
        batches = tf.reshape(order[:full], (-1, config.batch_size))
        place = tf.argsort(tf.random.stateless_uniform((tf.shape(batches)[0],), tf.cast(pair, tf.int32)))
        order = tf.concat([tf.reshape(tf.gather(batches, place), (-1,)), order[full:]], axis=0)
        return tf.nest.map_structure(lambda values: tf.gather(values, order), samples)

    dataset = tf.data.Dataset.zip(dataset.batch(chunk), seeds).map(arrange).unbatch()
    return dataset.apply(tf.data.experimental.assert_cardinality(len(lengths)))


def padded_share(store: PreparedStore, rows, modalities, config: PipelineConfig, seed: int = 0) -> float:
    """Share of padding in the numbers of a training pass, by a pass of the same scheme."""
    rows = np.random.default_rng(seed).permutation(np.asarray(rows))
    lengths = sample_lengths(store, rows, modalities)
    chunk = config.batch_size * max(1, config.bucket_batches)
    true = padded = 0
    for first in range(0, len(rows), chunk):
        part = slice(first, first + chunk)
        order = rows[part]
        if config.bucket_batches > 1:
            order = order[np.argsort(lengths[part], kind="stable")]
        for start in range(0, len(order), config.batch_size):
            batch = order[start : start + config.batch_size]
            for modality in modalities:
                shapes = np.array([store.shape(row, modality) for row in batch])
                true += int(shapes.prod(axis=1).sum())
                padded += int(shapes.max(axis=0).prod()) * len(batch)
    return 1 - true / padded if padded else 0.0

"""Prepared windows → tf.data batches."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from stressid_keras.batches.batch_plan import BatchPlan, EpochCounter, largest_sizes, sample_lengths
from stressid_keras.batches.samples import Samples
from stressid_keras.config import PipelineConfig
from stressid_keras.modalities import RECORDS
from stressid_keras.store.store import PreparedStore


def make_dataset(
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
) -> tf.data.Dataset:
    """Batches `(x, y)` of prepared windows, padded to the largest sample of the batch.

    `x` holds, for each modality, float32 (B, *spatial, C), zero beyond the true sizes (`audio` and `video` in
    [0, 1], `ecg`, `eda`, `rr` in [-1, 1]), and `<modality>_size`, int32 (B, d). `y` is int32 (B,).
    `PreparedBatches` gives the same batches without TensorFlow.

    Args:
        store: the prepared folder.
        rows: rows of its manifest; each must have every modality asked for.
        modalities: which of them a batch holds.
        training: shuffle, anew in every pass, with samples of like length in one batch, and augment if the
            configuration says so. Without it, samples come in the order of `rows`.
        seed: of shuffling and augmentation; the same seed gives the same batches.
        teacher_features: by name (len(rows), d), in the order of `rows`; comes as `x["teacher_features"]`, float32
            (B, d). Of several views, (len(rows), views, d), training takes one at random for each sample and epoch,
            and validation the first. The view is drawn apart from the augmentation of the sample's own arrays.
        epoch: which epoch a training pass is; without one, passes are counted.
        view: 0, or the number of a fixed augmented view of every sample: changed as in that epoch of a training,
            and in the order of `rows`.
        vectors: by name (len(rows), d), in the order of `rows`; what else a batch holds, as float32 (B, d).
    """
    rows = np.asarray(rows, dtype="int64")
    samples = Samples(store, rows, modalities, config, training or view > 0, seed, teacher_features, vectors)
    plan = BatchPlan(sample_lengths(store, rows, modalities), config, training, seed)
    counter = epoch or EpochCounter()

    def start_pass():
        number = counter.start_pass() if training else view
        order = plan.order(number)
        return order, np.full(len(order), number)

    # The plan of a pass is asked for when its first batch is: Keras makes iterators that it never uses.
    dataset = tf.data.Dataset.range(1).flat_map(
        lambda _: tf.data.Dataset.from_tensor_slices(
            tuple(tf.numpy_function(start_pass, [], [tf.int64, tf.int64]))
        )
    )
    dataset = dataset.map(_reader(samples), num_parallel_calls=config.workers)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(len(rows)))
    shapes = tf.nest.map_structure(lambda spec: spec.shape, dataset.element_spec)
    if config.pad_to == "largest":
        for modality, size in largest_sizes(store, rows, modalities).items():
            shapes[0][modality] = (*size[: RECORDS[modality].axes], RECORDS[modality].channels)
    return dataset.padded_batch(config.batch_size, shapes).prefetch(2)


def _reader(samples: Samples):
    """Map position and epoch to a sample of known ranks."""
    widths = {name: views.shape[-1] for name, views in samples.features.items()}
    count = len(samples.modalities) + len(samples.vectors) + len(widths)
    types = [tf.float32] * count + [tf.int32]

    def read_arrays(position, epoch):
        sample = samples.read(position, epoch)
        return *sample.arrays.values(), *sample.vectors.values(), *sample.features.values(), sample.label

    def read(position, epoch):
        *arrays, label = tf.numpy_function(read_arrays, [position, epoch], types, stateful=False)
        label.set_shape(())
        x, features = {}, {}
        for modality in samples.modalities:
            x[modality] = arrays.pop(0)
            x[modality].set_shape([None] * RECORDS[modality].axes + [RECORDS[modality].channels])
            x[f"{modality}_size"] = tf.shape(x[modality])[:-1]
        for name, values in samples.vectors.items():
            x[name] = arrays.pop(0)
            x[name].set_shape((values.shape[1],))
        for (name, width), values in zip(widths.items(), arrays, strict=True):
            values.set_shape((width,))
            features[name] = values
        return ({**x, "teacher_features": features} if features else x), label

    return read

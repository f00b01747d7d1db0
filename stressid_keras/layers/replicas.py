"""Sums over a batch that TensorFlow has divided among devices; other backends compute as if it were on one."""

import keras
from keras import ops


def replicas() -> int:
    """Among how many devices a step's batch is divided so that each sees its own part alone: `tf.distribute`'s."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync if _in_replica(tf) else 1


def sum_over_replicas(values):
    """The sum of what every device has computed of its own part; without such a division, the values themselves."""
    if replicas() == 1:
        return values
    import tensorflow as tf

    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, values)


def samples_of_replica(y):
    """How many of the batch's samples the mean over a device's part is to be divided by, so that the mean over the
    devices is the mean over the batch, also where the parts are not of one size: the batch's size by their number.

    Args:
        y: (B, …), the device's part.
    """
    count = ops.shape(y)[0]
    number = replicas()
    return count if number == 1 else sum_over_replicas(ops.cast(count, keras.config.floatx())) / number


def mean_of_batch(values):
    """Of (B,): on a device that has a part of the batch, what its share of the mean is, times their number."""
    if replicas() == 1:
        return ops.mean(values)
    return ops.sum(values) / ops.cast(samples_of_replica(values), values.dtype)


def share_of_replica(loss):
    """Of a mean over the batch: Keras adds the gradients of all devices, and expects the loss so divided."""
    number = replicas()
    return loss if number == 1 else loss / number


def _in_replica(tf) -> bool:
    return tf.distribute.has_strategy() and tf.distribute.in_cross_replica_context() is False

"""Training of a network that returns named outputs, one of them `logits`, with cross-entropy."""

import keras
from keras import ops

from stressid_keras.distillation.balanced_accuracy import BalancedAccuracy
from stressid_keras.layers.registration import register


@register
class Classifier(keras.Model):
    """A network under training: cross-entropy on its `logits`, every logged value exact over the epoch.

    A step's loss is the mean over the batch of w_n · CE_n, with the weights of `class_weight` and
    `sample_weight`. Logged are `loss`, `cross_entropy`, `accuracy` and `uar`.

    Args:
        network: a functional model from a dict of inputs to a dict of outputs; inputs that it does not name are
            ignored, so one batch may serve several networks.
        label_smoothing: share of the target spread evenly over the classes.
    """

    def __init__(self, network, label_smoothing=0.0, **kwargs):
        super().__init__(**kwargs)
        self.network = network
        self.label_smoothing = label_smoothing
        self.n_classes = network.output["logits"].shape[-1]
        self.cross_entropy = keras.metrics.Mean(name="cross_entropy")
        self.accuracy = keras.metrics.Mean(name="accuracy")
        self.uar = BalancedAccuracy(self.n_classes)

    def call(self, x, training=False):
        return self.network({name: x[name] for name in self.network.input}, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = self.weighted_mean(self._cross_entropies(y, y_pred["logits"]), sample_weight)
        self.log(self.cross_entropy, loss, y)
        for extra in self.network.losses:
            loss = loss + ops.cast(extra, loss.dtype)
        return loss

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        predicted = ops.cast(ops.argmax(y_pred["logits"], axis=-1), "int32")
        is_right = ops.cast(ops.equal(predicted, ops.cast(ops.reshape(y, (-1,)), "int32")), "float32")
        self.log(self.accuracy, ops.mean(is_right), y)
        self.uar.update_state(y, y_pred["logits"])
        return self.get_metrics_result()

    @staticmethod
    def weighted_mean(values, sample_weight):
        """Mean over the batch of values (B,) times their weights; the weights do not change the divisor."""
        if sample_weight is not None:
            values = values * ops.cast(ops.reshape(sample_weight, (-1,)), values.dtype)
        return ops.mean(values)

    @staticmethod
    def log(metric, batch_mean, y):
        """Add a batch's mean to an epoch's mean, weighted by the batch's size.

        The weight has to be computed from the batch: on the TensorFlow backend, the step that finds a dataset
        of unknown length exhausted bumps the count of a mean that is updated without one.
        """
        metric.update_state(ops.cast(batch_mean, "float32"), sample_weight=ops.shape(y)[0])

    def _cross_entropies(self, y, logits):
        target = ops.one_hot(ops.cast(ops.reshape(y, (-1,)), "int32"), self.n_classes, dtype=logits.dtype)
        target = target * (1.0 - self.label_smoothing) + self.label_smoothing / self.n_classes
        return ops.categorical_crossentropy(target, logits, from_logits=True)

    def get_config(self):
        return {
            **super().get_config(),
            "network": keras.saving.serialize_keras_object(self.network),
            "label_smoothing": self.label_smoothing,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        for name in ("network", "student", "teacher"):
            if config.get(name) is not None:
                config[name] = keras.saving.deserialize_keras_object(config[name], custom_objects)
        return cls(**config)

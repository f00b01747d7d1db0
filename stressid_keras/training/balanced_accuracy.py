"""Unweighted average recall as a Keras metric."""

from typing import Any

import keras
from keras import ops

from stressid_keras.layers.registration import register


@register
class BalancedAccuracy(keras.metrics.Metric):
    """Mean of the recalls of the classes that occur: unweighted average recall (UAR).

    Computed from counts over the whole epoch, so it equals `sklearn.metrics.balanced_accuracy_score`.

    Args:
        n_classes: number of classes.
    """

    def __init__(self, n_classes: int, name: str = "uar", **kwargs: Any):
        super().__init__(name=name, **kwargs)
        self.n_classes = n_classes
        self.right = self.add_variable((n_classes,), "zeros", name="right")
        self.total = self.add_variable((n_classes,), "zeros", name="total")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch: labels (B,), logits or probabilities (B, n_classes). Sample weights are not used."""
        labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        is_right = ops.cast(ops.equal(ops.cast(ops.argmax(y_pred, axis=-1), "int32"), labels), self.dtype)
        one_hot = ops.one_hot(labels, self.n_classes, dtype=self.dtype)
        self.total.assign_add(ops.sum(one_hot, axis=0))
        self.right.assign_add(ops.sum(one_hot * ops.expand_dims(is_right, -1), axis=0))

    def result(self) -> Any:
        occurs = ops.cast(self.total > 0, self.dtype)
        recalls = self.right / ops.maximum(self.total, 1.0)
        return ops.sum(recalls) / ops.maximum(ops.sum(occurs), 1.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n_classes": self.n_classes}

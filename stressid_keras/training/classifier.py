"""Training of a network that returns named outputs, one of them logits, with cross-entropy."""

from collections.abc import Sequence
from os import PathLike
from typing import Any

import keras
from keras import ops

from stressid_keras.batches.filling import real_samples
from stressid_keras.errors import StressIDError
from stressid_keras.layers.registration import register
from stressid_keras.layers.replicas import mean_of_batch, samples_of_replica, share_of_replica
from stressid_keras.training.balanced_accuracy import BalancedAccuracy
from stressid_keras.training.named import LOGITS, named_outputs, output_widths, select_inputs, widths_on
from stressid_keras.training.phases import JOINT

MODELS = ("network", "student", "teacher")  # parts of a configuration


@register
class Classifier(keras.Model):
    """A network under training: cross-entropy on its logits, every logged value exact over the epoch.

    A step's loss is the mean over the batch of w_n · CE_n, with the weights of `class_weight` and `sample_weight`
    (which do not change the divisor), plus the network's own losses, such as those of its regularisers. Logged are
    `loss`, `cross_entropy`, `accuracy` and `uar`, and what `compile` is given as `metrics`, which see the logits.

    Args:
        network: any Keras model. A functional one takes of a batch's `x` the inputs that it names, so that one batch
            may serve several networks; see `named.select_inputs` for others.
        label_smoothing: share of the target spread evenly over the classes.
        logits: name of the output with the logits; a network with one output that has no name returns logits.
        inputs: names of the inputs, where the network does not say them.
        n_classes: where the network does not say it before it is called.
    """

    def __init__(
        self,
        network: keras.Model,
        label_smoothing: float = 0.0,
        logits: str = LOGITS,
        inputs: Sequence[str] | None = None,
        n_classes: int | None = None,
        **kwargs: Any,
    ):
        # Inputs are cast by the networks, each to its own kind, and not for a network that has another.
        super().__init__(autocast=False, **{"dtype": _policy(network), **kwargs})
        self.network = network
        self.label_smoothing = label_smoothing
        self.logits = logits
        self.inputs_by_name = inputs
        self.n_classes = n_classes
        self.cross_entropy = keras.metrics.Mean(name="cross_entropy")
        self.accuracy = keras.metrics.Mean(name="accuracy")
        self.uar = None
        self.phase = JOINT
        widths = output_widths(network)
        if widths is not None:
            self._know(widths)
        elif n_classes is not None:
            self.uar = BalancedAccuracy(n_classes)

    def build(self, input_shape: Any) -> None:
        """Find out what only a batch tells of a network that is not functional."""
        if self.uar is None:
            self._know(widths_on(self.network, input_shape, self.inputs_by_name))
        self.built = True

    def call(self, x: Any, training: bool = False) -> Any:
        return self.network(select_inputs(self.network, x, self.inputs_by_name), training=training)

    def train_step(self, *args: Any) -> Any:
        return super().train_step(
            *args[:-1], real_samples(args[-1])
        )  # on JAX, the state comes before the batch

    def test_step(self, *args: Any) -> Any:
        return super().test_step(*args[:-1], real_samples(args[-1]))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        if self.loss is not None:
            raise StressIDError(f"{self.name} has its own loss; expected compile without loss.")
        own = self.losses  # before another model is called, whose losses are not to be found here
        loss = self.supervised_loss(x, self.integers(y), self.outputs_of(y_pred), sample_weight)
        for extra in own:
            loss = loss + ops.sum(ops.cast(extra, loss.dtype))
        return share_of_replica(loss)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        logits, labels = self.outputs_of(y_pred)[self.logits], self.integers(y)
        predicted = ops.cast(ops.argmax(logits, axis=-1), "int32")
        right = ops.cast(ops.equal(predicted, labels), "float32")
        self.log(self.accuracy, self.weighted_mean(right, None), y)
        self.uar.update_state(labels, logits)
        return super().compute_metrics(x, y, logits, sample_weight)

    def supervised_loss(self, x: Any, labels: Any, outputs: dict[str, Any], sample_weight: Any) -> Any:
        """Loss of a batch, without the network's own; logs its terms."""
        loss = self.weighted_mean(self.cross_entropies(labels, outputs[self.logits]), sample_weight)
        self.log(self.cross_entropy, loss, labels)
        return loss

    def phases(self, epochs: int) -> list[tuple[str, int]]:
        """Parts of a training of so many epochs: for each its name and the epoch, from the start of all, at its end.

        Each is to be entered, compiled and fitted; only the last one's epochs are of networks to choose from.
        """
        return [(self.phase, epochs)]

    def enter(self, phase: str) -> None:
        """Begin a phase; `compile` has to follow."""
        if phase != self.phase:
            raise StressIDError(f"{self.name} has no phase {phase!r}; expected {self.phase!r}.")

    def make_train_function(self, force: bool = False) -> Any:
        """As of any Keras model, but that the optimizer has its variables before TensorFlow traces a step.

        A trace in which variables come about is done twice, which is seconds at the start of each training. Where a
        layer has none yet, they come about there all the same.
        """
        is_whole = all(layer.built for layer in self._flatten_layers(include_self=False))
        if is_whole and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)
        return super().make_train_function(force)

    def save_network(self, path: str | PathLike) -> None:
        """Save the network alone, as it is to be used."""
        self.network.save(path)

    def outputs_of(self, y_pred: Any) -> dict[str, Any]:
        """The network's outputs by name, in Keras's `floatx`.

        Raises:
            StressIDError: the logits are not among them.
        """
        outputs = named_outputs(self.network, y_pred)
        _check_has(self.network, outputs, self.logits)
        return {name: ops.cast(values, keras.config.floatx()) for name, values in outputs.items()}

    def cross_entropies(self, labels: Any, logits: Any) -> Any:
        """Of each sample (B,)."""
        target = ops.one_hot(labels, self.n_classes, dtype=logits.dtype)
        target = target * (1.0 - self.label_smoothing) + self.label_smoothing / self.n_classes
        return ops.categorical_crossentropy(target, logits, from_logits=True)

    @staticmethod
    def integers(y: Any) -> Any:
        """Labels (B,) of y, (B,) or (B, 1)."""
        return ops.cast(ops.reshape(y, (-1,)), "int32")

    @staticmethod
    def weighted_mean(values: Any, sample_weight: Any) -> Any:
        """Mean over the batch of values (B,) times their weights; the weights do not change the divisor."""
        if sample_weight is not None:
            values = values * ops.cast(ops.reshape(sample_weight, (-1,)), values.dtype)
        return mean_of_batch(values)

    @staticmethod
    def log(metric: keras.metrics.Mean, batch_mean: Any, y: Any) -> None:
        """Add a batch's mean to an epoch's mean, weighted by the batch's size.

        The weight has to be computed from the batch: on the TensorFlow backend, the step that finds a dataset
        of unknown length exhausted bumps the count of a mean that is updated without one.
        """
        metric.update_state(batch_mean, sample_weight=samples_of_replica(y))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "network": keras.saving.serialize_keras_object(self.network),
            "label_smoothing": self.label_smoothing,
            "logits": self.logits,
            "inputs": self.inputs_by_name,
            "n_classes": self.n_classes,
        }

    def get_compile_config(self) -> dict[str, Any] | None:
        """As of any Keras model, but that whether to compile with XLA is left to the backend that loads it.

        Keras saves what "auto" came to: a file of JAX would have TensorFlow use XLA on a CPU, several times slower, and
        torch start its compiler.
        """
        config = super().get_compile_config()
        return {**config, "jit_compile": "auto"} if config else config  # empty before compile

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None) -> "Classifier":
        config = keras.saving.deserialize_keras_object(config, custom_objects)
        return cls(**config)

    def _know(self, widths: dict[str, int]) -> None:
        """Take what the widths of the network's outputs tell."""
        _check_has(self.network, widths, self.logits)
        if self.n_classes not in (None, widths[self.logits]):
            raise StressIDError(
                f"n_classes is {self.n_classes}; expected {widths[self.logits]}, the width of {self.logits!r}."
            )
        self.n_classes = widths[self.logits]
        self.uar = BalancedAccuracy(self.n_classes)


def _check_has(model, outputs, name) -> None:
    if name not in outputs:
        raise StressIDError(f"{model.name!r} has no output {name!r}; it has {', '.join(sorted(outputs))}.")


def _policy(network):
    """In float16 the gradients need a loss scale, for which Keras looks at the policy of the model that trains."""
    policies = [network.dtype_policy, *(layer.dtype_policy for layer in network.layers)]
    return next((policy for policy in policies if policy.compute_dtype == "float16"), network.dtype_policy)

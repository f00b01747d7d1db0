"""The average of the weights over the steps of a training, in the place of those of its last step."""

import contextlib
from collections.abc import Iterator

import keras
import numpy as np


@contextlib.contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Have the model hold the averages that its optimizer keeps, if it does (`use_ema`), then its own weights again.

    B. T. Polyak, A. B. Juditsky, "Acceleration of Stochastic Approximation by Averaging", SIAM Journal on Control and
    Optimization 30, 1992. What is not trained, such as the statistics of normalisation, stays as it is. Keras's own
    `SwapEMAWeights` exchanges the two by sums, whose rounding would stay in the weights, and forgets at a resumed
    training which of them the model holds.

    Args:
        model: trained for a step or more, if it has averages.
    """
    optimizer = getattr(model, "optimizer", None)
    optimizer = getattr(
        optimizer, "inner_optimizer", optimizer
    )  # in half precision, of one that scales the loss
    if not getattr(optimizer, "use_ema", False):
        yield
        return
    variables = model.trainable_variables
    own = _copies(variables)
    optimizer.finalize_variable_values(variables)
    # On JAX, a variable and its average are now one array, which evaluation gives away.
    _assign(variables, _copies(variables))
    try:
        yield
    finally:
        _assign(variables, own)


class ValidateAverage(keras.callbacks.Callback):
    """Validates the averaged weights, not those of the last step."""

    def __init__(self):
        super().__init__()
        self._entered = contextlib.ExitStack()

    def on_test_begin(self, logs=None):
        self._entered.enter_context(averaged_weights(self.model))

    def on_test_end(self, logs=None):
        self._entered.close()


def _copies(variables) -> list[np.ndarray]:
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def _assign(variables, values: list[np.ndarray]) -> None:
    for variable, own in zip(variables, values, strict=True):
        variable.assign(own)

"""What every term of a distillation loss is."""

import math

import keras

from stressid_keras.errors import StressIDError
from stressid_keras.modalities import RECORDS, is_measures
from stressid_keras.training.named import LOGITS

FEATURE = "feature"
LEVELS = (FEATURE, LOGITS)


class Term(keras.layers.Layer):
    """A term of the loss: a weight, and a value for each sample of a batch.

    A term computes in Keras's `floatx`, also where the networks compute in half precision. It may own weights, such as
    those of a projection; they train with the student and are saved with the distiller, not with the student.

    Args:
        weight: factor of the term in the loss.

    Attributes:
        level: what of the student it looks at, `feature` or `logits`.
        replaces_labels: whether its weight is taken from the cross-entropy.
        across_samples: whether its value for a sample depends on the other samples of the batch.
    """

    level = FEATURE
    replaces_labels = False
    across_samples = False

    def __init__(self, weight=1.0, **kwargs):
        super().__init__(**{"dtype": keras.config.floatx(), **kwargs})
        self.weight = float(weight)
        if not 0 <= self.weight < math.inf:
            raise StressIDError(f"the weight of {self.name!r} is {weight}; expected 0 or more.")

    @property
    def has_weights(self) -> bool:
        """Whether it has weights of its own."""
        return False

    def compared(self, teacher: dict) -> tuple[str, ...]:
        """Names of the outputs that it looks at, of a teacher with these."""
        raise NotImplementedError

    def prepare(self, student: dict[str, int], teacher: dict[str, int]) -> None:
        """Make the term's own weights, given the widths of the student's `feature` and `logits` and of the teacher's
        outputs by name."""
        self.built = True

    def values(self, student: dict, teacher: dict, labels):
        """The term (B,) for each sample.

        Args:
            student: `feature` (B, d) and `logits` (B, n_classes).
            teacher: outputs by name, (B, d_i); no gradient flows into them.
            labels: int (B,).
        """
        raise NotImplementedError

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}


def spoken(modality: str) -> str:
    """A modality as sentences call it."""
    return RECORDS[modality].spoken if modality in RECORDS else modality


def listed(words) -> str:
    """Words as a sentence lists them."""
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else last


def feature_names(chosen, teacher: dict) -> tuple[str, ...]:
    """The features a term compares with: the chosen ones, or all that the teacher has."""
    features = (name for name in teacher if name != LOGITS and not is_measures(name))
    return tuple(chosen) or tuple(sorted(features))

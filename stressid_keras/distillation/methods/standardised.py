"""A teacher's feature on a scale of its own."""

import keras
import numpy as np

from stressid_keras.distillation.method_registry import FEATURES, method
from stressid_keras.errors import StressIDError
from stressid_keras.layers.registration import register


@method("standardised", {"standardised": True}, changes=FEATURES)
@register
class Standardization(keras.layers.Layer):
    """Subtracts from the teacher's features their mean and divides by their deviation, both of the training set.

    Features of different modalities have different scales, and the widest would rule a sum of squared errors. Compared
    with other ways by M. Ranzinger et al., "PHI-S: Distribution Balancing for Label-Free Multi-Teacher
    Distillation", 2024, arXiv:2410.01680. The statistics are weights that do not train: they are saved with the
    distiller.

    Shapes: (B, d) → (B, d).
    """

    paper = (
        "M. Ranzinger et al., “PHI-S: Distribution Balancing for Label-Free Multi-Teacher Distillation”, 2024, "
        "arXiv:2410.01680"
    )
    after = "Ranzinger et al., 2024"

    @staticmethod
    def arguments(options):
        return {"standardised": True}

    @staticmethod
    def sentence(options):
        return "The teacher's features are standardised by the mean and the standard deviation of the training part."

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": keras.config.floatx(), **kwargs})

    def prepare(self, width: int) -> None:
        self.mean = self.add_weight((width,), "zeros", trainable=False, name="mean")
        self.deviation = self.add_weight((width,), "ones", trainable=False, name="deviation")
        self.count = self.add_weight((), "zeros", trainable=False, name="count")
        self.built = True

    def adapt(self, features) -> None:
        """Take the statistics from features (n, d), or (n, views, d); a dimension that never varies becomes 0."""
        features = np.asarray(features, "float64")
        if features.ndim < 2 or features.shape[-1] != self.mean.shape[0] or len(features) < 2:
            raise StressIDError(
                f"features to standardise by have the shape {features.shape}; expected two samples or more of "
                f"{self.mean.shape[0]} dimensions."
            )
        features = features.reshape(-1, features.shape[-1])
        deviation = features.std(axis=0)
        self.mean.assign(features.mean(axis=0))
        self.deviation.assign(np.where(deviation > 0, deviation, 1.0))
        self.count.assign(len(features))

    @property
    def is_adapted(self) -> bool:
        return float(keras.ops.convert_to_numpy(self.count)) > 0

    def call(self, features):
        return (features - self.mean) / self.deviation

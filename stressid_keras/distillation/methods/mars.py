"""Mean squared error to a teacher's feature."""

import keras
from keras import ops

from stressid_keras.distillation.method_registry import method
from stressid_keras.distillation.methods.projection import ProjectionHead
from stressid_keras.distillation.term import Term, spoken
from stressid_keras.errors import StressIDError
from stressid_keras.layers.registration import register


@method("mars", feature_losses=True)
@register
class FeatureLoss(Term):
    """Mean squared error, over the dimensions, between the student's feature and one of the teacher's.

    N. Crasto, P. Weinzaepfel, K. Alahari, C. Schmid, "MARS: Motion-Augmented RGB Stream for Action Recognition", CVPR
    2019, DOI 10.1109/CVPR.2019.00807: cross-entropy + 50 · MSE to the feature of one stream. Here there is a
    term for each of the teacher's features, the specification's α to δ being their weights.

    Args:
        feature: name of the teacher's feature.
        weight: of the term.
        projection: "" compares the features as they are, which then have one width; "linear" and "hidden" put a
            `ProjectionHead` between them.
    """

    paper = (
        "N. Crasto, P. Weinzaepfel, K. Alahari, C. Schmid, “MARS: Motion-Augmented RGB Stream for Action Recognition”, "
        "CVPR 2019, doi:10.1109/CVPR.2019.00807"
    )
    after = "Crasto et al., CVPR 2019"

    @staticmethod
    def arguments(options):
        return {"weights": {name: weight for name, weight in options.weights.items() if weight}}

    @staticmethod
    def formula(options):
        terms = {name: weight for name, weight in options.weights.items() if weight}
        return " + ".join(f"{weight:g} × MSE({spoken(name)})" for name, weight in terms.items())

    @staticmethod
    def sentence(options):
        return (
            "MSE is the mean squared error, over the dimensions, of the student's feature to the frozen teacher's "
            "feature of that modality."
        )

    def __init__(self, feature, weight=1.0, projection="", **kwargs):
        super().__init__(weight, **{"name": f"mse_{feature}", **kwargs})
        self.feature = feature
        self.projection = projection
        self.head = ProjectionHead(projection, name=f"{feature}_head") if projection else None

    @property
    def has_weights(self):
        return self.head is not None

    def compared(self, teacher):
        return (self.feature,)

    def prepare(self, student, teacher):
        width, found = student["feature"], teacher[self.feature]
        if self.head is not None:
            self.head.prepare(width, found)
        elif width != found:
            raise StressIDError(
                f"the teacher's feature {self.feature!r} has {found} dimensions and the student's {width}; "
                "build both with the same feature size, or set projection to 'linear' or 'hidden'."
            )
        super().prepare(student, teacher)

    def values(self, student, teacher, labels):
        feature = student["feature"] if self.head is None else self.head(student["feature"])
        return ops.mean(ops.square(feature - teacher[self.feature]), axis=-1)

    def get_config(self):
        return {**super().get_config(), "feature": self.feature, "projection": self.projection}


# Its name in files of earlier versions.
keras.saving.get_custom_objects()["stressid_keras>FeatureError"] = FeatureLoss

"""Heads between the student's feature and a teacher's, there in training only."""

import keras

from stressid_keras.distillation.method_registry import FEATURE_LOSSES, method
from stressid_keras.errors import StressIDError
from stressid_keras.layers.registration import register

KINDS = ("linear", "hidden")


@method(
    "projection-hidden",
    {"projection": "hidden"},
    changes=FEATURE_LOSSES,
    does="As `projection`, by a hidden layer (ReLU) as wide as the student's feature and a linear one.",
)
@method(
    "projection",
    {"projection": "linear"},
    changes=FEATURE_LOSSES,
    does="Maps the student's feature into the space of a teacher's by a linear layer; not part of the student that is "
    "saved.",
)
@register
class ProjectionHead(keras.layers.Layer):
    """Maps the student's feature into the space of a teacher's; not part of the student that is saved.

    A. Romero et al., "FitNets: Hints for Thin Deep Nets", ICLR 2015, arXiv:1412.6550, whose regressor is linear; Y.
    Chen et al., "Improved Feature Distillation via Projector Ensemble", NeurIPS 2022, arXiv:2210.15274, on why a
    projection helps also where the widths agree. Without it, the errors to several features with one student feature
    are, up to a constant, the error to their weighted mean; with a head for each, they are independent.

    Args:
        kind: "linear"; or "hidden", with a hidden layer (ReLU) as wide as the student's feature.

    Shapes: (B, d) → (B, d_teacher).
    """

    paper = "A. Romero et al., “FitNets: Hints for Thin Deep Nets”, ICLR 2015, arXiv:1412.6550"
    after = "Romero et al., ICLR 2015"

    @staticmethod
    def arguments(options):
        return {"projection": options.projection}

    @staticmethod
    def sentence(options):
        shape = "one linear layer" if options.projection == "linear" else "a hidden layer and a linear one"
        return f"Before each MSE, a head of {shape}, there in training only, maps the student's feature."

    def __init__(self, kind, **kwargs):
        super().__init__(**{"dtype": keras.config.floatx(), **kwargs})
        if kind not in KINDS:
            raise StressIDError(f"projection is {kind!r}; expected '', {' or '.join(map(repr, KINDS))}.")
        self.kind = kind

    def prepare(self, width: int, teacher_width: int) -> None:
        """Make the weights for a student's feature and a teacher's of these widths."""
        widths = [width, teacher_width] if self.kind == "hidden" else [teacher_width]
        self.dense = [
            keras.layers.Dense(units, "relu" if place + 1 < len(widths) else None, dtype=self.dtype_policy)
            for place, units in enumerate(widths)
        ]
        for layer in self.dense:
            layer.build((None, width))  # a hidden layer keeps the width
        self.built = True

    def call(self, x):
        for layer in self.dense:
            x = layer(x)
        return x

    def get_config(self):
        return {**super().get_config(), "kind": self.kind}

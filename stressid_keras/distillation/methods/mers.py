"""Features first, then the classifier."""

import keras

from stressid_keras.distillation.method_registry import method
from stressid_keras.distillation.methods.mars import FeatureLoss
from stressid_keras.errors import StressIDError
from stressid_keras.layers.registration import register
from stressid_keras.training.named import named_outputs
from stressid_keras.training.phases import CLASSIFIER, FEATURES


@method("mers", {"features_first": True}, feature_losses=True)
@register
class FeaturesFirst:
    """Trains all but the classifier by the feature terms alone, then the classifier by the labels alone.

    N. Crasto, P. Weinzaepfel, K. Alahari, C. Schmid, "MARS: Motion-Augmented RGB Stream for Action Recognition", CVPR
    2019, DOI 10.1109/CVPR.2019.00807, where the variant is called MERS. The layers that do not train are frozen as
    Keras freezes layers, and the optimizer starts anew: with a mask on gradients alone, Adam's momentum, weight decay
    and the statistics of batch normalisation would go on moving what is to stay.

    Args:
        share: of the epochs, for the features.
    """

    paper = FeatureLoss.paper  # where it is called MERS
    after = FeatureLoss.after

    @classmethod
    def arguments(cls, options):
        return {**FeatureLoss.arguments(options), "features_first": cls(options.features_first_share)}

    @staticmethod
    def sentence(options):
        return (
            f"The first {options.features_first_share:.0%} of the epochs train all but the classifier, by the terms of "
            "features alone; the others train the classifier alone, by the labels and the terms of class probabilities "
            "(MERS)."
        )

    def __init__(self, share=0.7):
        self.share = float(share)
        if not 0 < self.share < 1:
            raise StressIDError(f"features_first_share is {share}; expected a share between 0 and 1.")

    def phases(self, epochs: int) -> list[tuple[str, int]]:
        """The phases in their order, each with the epoch, from the start of all, at which it ends.

        Raises:
            StressIDError: there are fewer than two epochs.
        """
        if epochs < 2:
            raise StressIDError(f"epochs is {epochs}; expected 2 or more, to train features and classifier.")
        end = min(max(1, round(self.share * epochs)), epochs - 1)
        return [(FEATURES, end), (CLASSIFIER, epochs)]

    def get_config(self):
        return {"share": self.share}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def classifier_layers(student: keras.Model, feature: str, logits: str) -> list:
    """The layers behind the feature: of a functional student all that it does not come from, else those named as the
    logits.

    Raises:
        StressIDError: none is found.
    """
    if getattr(student, "output_names", None):
        before = _layers_before(student, named_outputs(student, student.output)[feature])
        found = [layer for layer in student.layers if id(layer) not in before]
    else:
        found = [layer for layer in student.layers if layer.name == logits]
    if not found:
        raise StressIDError(
            f"features_first found no classifier in {student.name!r}; expected a functional student, or a layer named "
            f"{logits!r}."
        )
    return found


def _layers_before(student, output) -> set[int]:
    return {id(layer) for layer in keras.Model(student.inputs, output).layers}

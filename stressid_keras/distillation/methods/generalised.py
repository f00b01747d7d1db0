"""The teacher's soft labels in place of a share of the hard ones."""

from keras import ops

from stressid_keras.distillation.method_registry import method
from stressid_keras.distillation.methods.logits import LogitsTerm
from stressid_keras.distillation.term import LOGITS
from stressid_keras.errors import StressIDError
from stressid_keras.layers.registration import register


@method("generalised", {"imitation": 0.7})
@register
class Imitation(LogitsTerm):
    """Generalised distillation: (1 - λ) · cross-entropy to the label + λ · cross-entropy to the teacher's soft label.

    D. Lopez-Paz, L. Bottou, B. Schölkopf, V. Vapnik, "Unifying Distillation and Privileged Information", ICLR 2016,
    arXiv:1511.03643. It differs from `SoftTargets` in that imitation takes its weight from the label, and in
    that the teacher's logits alone are divided by the temperature. The teacher sees what the student never will.

    Args:
        weight: the imitation parameter λ, from 0 (labels alone) to 1 (teacher alone).
        temperature: of the teacher's softmax.
    """

    replaces_labels = True
    paper = (
        "D. Lopez-Paz, L. Bottou, B. Schölkopf, V. Vapnik, “Unifying Distillation and Privileged Information”, ICLR "
        "2016, arXiv:1511.03643"
    )
    after = "Lopez-Paz et al., ICLR 2016"

    @classmethod
    def arguments(cls, options):
        return {"terms": [cls(options.imitation, options.temperature)]}

    @staticmethod
    def formula(options):
        share = "λ" if options.imitation_chosen else f"{options.imitation:g}"
        return f"{share} × (cross-entropy to the teacher's soft label - cross-entropy)"

    @staticmethod
    def sentence(options):
        share = "the share λ" if options.imitation_chosen else f"{options.imitation:.0%}"
        return (
            "The teacher's soft label, its class probabilities at the temperature "
            f"{options.temperature:g}, takes the place of {share} of the label."
        )

    def __init__(self, weight=0.7, temperature=1.0, **kwargs):
        super().__init__(weight, temperature, **{"name": "imitation", **kwargs})
        if self.weight > 1:
            raise StressIDError(f"imitation is {weight}; expected a share from 0 to 1.")

    def values(self, student, teacher, labels):
        target = ops.softmax(teacher[LOGITS] / self.temperature)
        return -ops.sum(target * ops.log_softmax(student[LOGITS]), axis=-1)

"""The teacher's feature of a sample, told from those of the others in the batch."""

from keras import ops

from stressid_keras.distillation.method_registry import method
from stressid_keras.distillation.methods.projection import ProjectionHead
from stressid_keras.distillation.term import Term, feature_names, listed, spoken
from stressid_keras.errors import StressIDError
from stressid_keras.layers.registration import register

SMALLEST_SQUARE = 1e-12  # of a feature's length, below which its direction is left at 0


@method("contrastive", {"contrastive": 2.0})
@register
class Contrastive(Term):
    """Cross-entropy of finding a window's own teacher feature among those of its batch, by cosine similarity.

    After Y. Tian, D. Krishnan, P. Isola, "Contrastive Representation Distillation", ICLR 2020, arXiv:1910.10699, from
    which it differs: negatives are the other samples of the batch, not a memory of thousands; the bound is that of A.
    van den Oord et al., arXiv:1807.03748 (InfoNCE), not noise-contrastive estimation; and the student's feature alone
    is projected, linearly, into the teacher's space, which is left as it is. A batch of one has nothing to tell
    apart: 0. With several teacher features, each has a projection of its own, and the mean over them counts.

    Args:
        weight: of the term.
        temperature: divisor of the similarities.
        features: names of the teacher's features; all that it has, if empty.
    """

    paper = "Y. Tian, D. Krishnan, P. Isola, “Contrastive Representation Distillation”, ICLR 2020, arXiv:1910.10699"
    after = "Tian et al., ICLR 2020"

    @classmethod
    def arguments(cls, options):
        return {"terms": [cls(options.contrastive, options.contrastive_temperature, options.compared)]}

    @staticmethod
    def formula(options):
        return f"{options.contrastive:g} × InfoNCE"

    @staticmethod
    def sentence(options):
        return (
            "InfoNCE is the cross-entropy of finding a sample's own teacher feature among those of its batch (of "
            f"{listed(map(spoken, options.compared))}; cosine similarities over {options.contrastive_temperature:g})."
        )

    def __init__(self, weight=2.0, temperature=0.1, features=(), **kwargs):
        super().__init__(weight, **{"name": "contrastive", **kwargs})
        self.temperature = float(temperature)
        if not self.temperature > 0:
            raise StressIDError(f"contrastive_temperature is {temperature}; expected a positive number.")
        self.features = tuple(features)

    has_weights = True
    across_samples = True

    def compared(self, teacher):
        return feature_names(self.features, teacher)

    def prepare(self, student, teacher):
        self.heads = {name: ProjectionHead("linear") for name in self.compared(teacher)}
        for name, head in self.heads.items():
            head.prepare(student["feature"], teacher[name])
        super().prepare(student, teacher)

    def values(self, student, teacher, labels):
        total = 0.0
        for name, head in self.heads.items():
            found, target = _direction(head(student["feature"])), _direction(teacher[name])
            similarities = ops.matmul(found, ops.transpose(target)) / self.temperature
            own = ops.sum(found * target, axis=-1) / self.temperature
            total += ops.logsumexp(similarities, axis=-1) - own
        return total / len(self.heads)

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature, "features": self.features}


def _direction(x):
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=-1, keepdims=True), SMALLEST_SQUARE))

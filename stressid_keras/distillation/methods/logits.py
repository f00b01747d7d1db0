"""The teacher's class probabilities as soft targets."""

from keras import ops

from stressid_keras.distillation.method_registry import method
from stressid_keras.distillation.term import LOGITS, Term
from stressid_keras.errors import StressIDError
from stressid_keras.layers.registration import register


class LogitsTerm(Term):
    """A term between the logits of teacher and student.

    Args:
        temperature: of the softmax of the teacher's logits; above 1, the small probabilities count for more.
    """

    level = LOGITS

    def __init__(self, weight=1.0, temperature=1.0, **kwargs):
        super().__init__(weight, **kwargs)
        self.temperature = float(temperature)
        if not self.temperature > 0:
            raise StressIDError(f"temperature is {temperature}; expected a positive number.")

    def compared(self, teacher):
        return (LOGITS,)

    def prepare(self, student, teacher):
        if student[LOGITS] != teacher[LOGITS]:
            raise StressIDError(
                f"the teacher has {teacher[LOGITS]} classes and the student {student[LOGITS]}; expected the same."
            )
        super().prepare(student, teacher)

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature}


@method("logits", {"logits": 1.0})
@register
class SoftTargets(LogitsTerm):
    """T² times the Kullback-Leibler divergence of the student's softened probabilities from the teacher's.

    G. Hinton, O. Vinyals, J. Dean, "Distilling the Knowledge in a Neural Network", 2015, arXiv:1503.02531: both are
    softened by the temperature T, and T² keeps the gradient's size. Their cross-entropy to the soft targets differs
    from the divergence by the teacher's entropy, which has no gradient; the divergence is 0 where both agree.
    """

    paper = "G. Hinton, O. Vinyals, J. Dean, “Distilling the Knowledge in a Neural Network”, 2015, arXiv:1503.02531"
    after = "Hinton et al., 2015"

    @classmethod
    def arguments(cls, options):
        return {"terms": [cls(options.logits, options.temperature)]}

    @staticmethod
    def formula(options):
        return f"{options.logits:g} × T² KL(teacher, student)"

    @staticmethod
    def sentence(options):
        return (
            "KL(teacher, student) is the Kullback-Leibler divergence of the student's class probabilities from the "
            f"teacher's, both softened by the temperature T = {options.temperature:g}."
        )

    def __init__(self, weight=1.0, temperature=1.0, **kwargs):
        super().__init__(weight, temperature, **{"name": "soft_targets", **kwargs})

    def values(self, student, teacher, labels):
        target = ops.log_softmax(teacher[LOGITS] / self.temperature)
        found = ops.log_softmax(student[LOGITS] / self.temperature)
        return self.temperature**2 * ops.sum(ops.exp(target) * (target - found), axis=-1)

"""Learning from the teacher where it is right."""

from keras import ops

from stressid_keras.distillation.method_registry import TERMS, method
from stressid_keras.distillation.selection import Selection
from stressid_keras.layers.registration import register


@method("correct", {"correct": True}, changes=TERMS)
@register
class Correct(Selection):
    """A window's distillation terms count only where the teacher's most likely class is the label.

    Z. Meng, J. Li, Y. Zhao, Y. Gong, "Conditional Teacher-Student Learning", ICASSP 2019, arXiv:1904.12399: elsewhere
    the student learns from the label alone. Of a teacher that knows its training people by heart that is every sample;
    it says something of one that did not see the person, and most of all of a forest or of other students.
    """

    paper = "Z. Meng, J. Li, Y. Zhao, Y. Gong, “Conditional Teacher-Student Learning”, ICASSP 2019, arXiv:1904.12399"
    after = "Meng et al., ICASSP 2019"

    @staticmethod
    def sentence(options):
        return (
            "The teacher's terms are those of samples whose label is its most likely class; from the others the "
            "student learns by the label alone."
        )

    def counts(self, student, teacher, labels):
        found = ops.cast(ops.argmax(teacher, axis=-1), "int32")
        return ops.cast(ops.equal(found, labels), teacher.dtype)

"""Learning from the teacher where the student does not contradict it."""

from keras import ops

from stressid_keras.distillation.method_registry import TERMS, method
from stressid_keras.distillation.selection import Selection
from stressid_keras.layers.registration import register


@method("agreeing", {"agreeing": True}, changes=TERMS)
@register
class Agreeing(Selection):
    """A window's distillation terms count only where teacher and student, as it is now, rank the classes alike.

    That is where Kendall's rank correlation of their logits is above 0: more pairs of classes stand in the same order
    than in the other; ties are of neither. After the on-the-fly selection of F. Huo, W. Xu, J. Guo, H. Wang, S. Guo,
    "C2KD: Bridging the Modality Gap for Cross-Modal Knowledge Distillation", CVPR 2024, pp. 16006-16015, which leaves
    out samples whose soft labels are misaligned. Simplified: what the audio cannot show is left out, and that is all.
    There the teacher is trained as well, both through proxies, and the classes other than the label are what is
    distilled; here it is frozen, and terms are as they are elsewhere. A student that has just begun ranks by chance.
    """

    paper = (
        "F. Huo, W. Xu, J. Guo, H. Wang, S. Guo, “C2KD: Bridging the Modality Gap for Cross-Modal Knowledge "
        "Distillation”, CVPR 2024, pp. 16006-16015"
    )
    after = "Huo et al., CVPR 2024"

    @staticmethod
    def sentence(options):
        return (
            "The teacher's terms are those of samples whose classes it ranks as the student does at that step "
            "(Kendall's rank correlation above 0); from the others the student learns by the label alone."
        )

    def counts(self, student, teacher, labels):
        concordant = ops.sum(_order(ops.stop_gradient(student)) * _order(teacher), axis=(1, 2))
        return ops.cast(concordant > 0, teacher.dtype)


def _order(logits):
    """Of each pair of classes (B, n_classes, n_classes), which is the more likely: 1, -1, or 0 for both."""
    return ops.sign(ops.expand_dims(logits, 2) - ops.expand_dims(logits, 1))

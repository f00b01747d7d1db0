"""How far the teacher can be trusted with a sample."""

from keras import ops

from stressid_keras.distillation.method_registry import TERMS, method


@method("confidence", {"confidence": True}, changes=TERMS)
class Confidence:
    """A window's distillation terms count as much as the teacher's probability of its label.

    After H. Zhang, D. Chen, C. Wang, "Confidence-Aware Multi-Teacher Knowledge Distillation", ICASSP 2022,
    arXiv:2201.00007, where the label tells how far each of several teachers is to be trusted with a sample. Here one
    teacher is weighed against the label: where it is wrong, the student learns from the label alone.
    """

    paper = (
        "H. Zhang, D. Chen, C. Wang, “Confidence-Aware Multi-Teacher Knowledge Distillation”, ICASSP 2022, "
        "arXiv:2201.00007"
    )
    after = "Zhang et al., ICASSP 2022"

    @staticmethod
    def arguments(options):
        return {"confidence": True}

    @staticmethod
    def sentence(options):
        return "What a sample adds to the teacher's terms is multiplied by the teacher's probability of its label."

    @staticmethod
    def weights(teacher_logits, labels):
        """Probability (B,) of the labels, int (B,), by logits (B, n_classes)."""
        one_hot = ops.one_hot(labels, teacher_logits.shape[-1], dtype=teacher_logits.dtype)
        return ops.sum(ops.softmax(teacher_logits) * one_hot, axis=-1)

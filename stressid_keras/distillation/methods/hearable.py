"""Regressing those measures alone that audio can predict and the label needs."""

from stressid_keras.distillation.heard_measures import LEVEL
from stressid_keras.distillation.method_registry import MEASURES, method
from stressid_keras.distillation.methods.sources import Source


@method("hearable", {"hearable": True}, changes=MEASURES)
class Hearable(Source):
    """Of the measures only those are regressed that audio can predict and that differ between the classes.

    Z. Xue, Z. Gao, S. Ren, H. Zhao, "The Modality Focusing Hypothesis: Towards Understanding Crossmodal Knowledge
    Distillation", ICLR 2023, arXiv:2206.06487, where channels of a teacher's features are kept by how much they have
    to do with the label and with the other modality; here measures are, on the training people: see
    `distillation.heard_measures`.
    """

    paper = (
        "Z. Xue, Z. Gao, S. Ren, H. Zhao, “The Modality Focusing Hypothesis: Towards Understanding Crossmodal "
        "Knowledge Distillation”, ICLR 2023, arXiv:2206.06487"
    )
    after = "Xue et al., ICLR 2023"

    @staticmethod
    def sentence(options):
        return (
            "Measures are left out unless a ridge regression on the audio predicts them of training people whom it was "
            f"not fitted on (R² above 0), and their means differ between the classes (F-test, {LEVEL:.0%} of false "
            "discoveries)."
        )

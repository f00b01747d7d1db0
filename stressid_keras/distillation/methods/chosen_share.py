"""How much of the label is imitated, chosen for the data at hand."""

from stressid_keras.distillation.method_registry import IMITATION, method
from stressid_keras.distillation.methods.sources import Source


@method("chosen-share", {"imitation_chosen": True}, changes=IMITATION)
class ChosenShare(Source):
    """The share that soft labels take from the labels, none, half or all, is chosen on the training people.

    Soft labels of a teacher that did not see the person take the noise out of labels such as self-reports; where the
    labels are certain, they only blur them. Which it is, is asked of the data, by cross-validation: a choice between
    estimators as in T. Dao, G. Kamath, V. Syrgkanis, L. Mackey, "Knowledge Distillation as Semiparametric Inference",
    ICLR 2021, arXiv:2104.09732, who correct them; see `distillation.label_share`.
    """

    paper = (
        "T. Dao, G. Kamath, V. Syrgkanis, L. Mackey, “Knowledge Distillation as Semiparametric Inference”, ICLR 2021, "
        "arXiv:2104.09732"
    )
    after = "Dao et al., ICLR 2021"

    @staticmethod
    def sentence(options):
        return (
            "λ, the share that the soft label takes from the label, is 0, 0.5 or 1: the one with which a penalised "
            "softmax regression on the audio predicts the labels of held-out training people best (Brier score)."
        )

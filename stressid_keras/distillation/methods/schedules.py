"""Weights of the distillation terms that change as training goes on."""

import keras

from stressid_keras.distillation.method_registry import TERMS, method
from stressid_keras.errors import StressIDError
from stressid_keras.layers.registration import register


class Schedule:
    """A factor of every distillation term's weight, from epoch to epoch.

    Args:
        share: of all epochs, after which it stays as it is.
    """

    def __init__(self, share=0.5):
        self.share = float(share)
        if not 0 < self.share <= 1:
            raise StressIDError(f"schedule_share is {share}; expected a share above 0, at most 1.")

    @classmethod
    def arguments(cls, options):
        return {"schedule": cls(options.schedule_share)}

    def __call__(self, epoch: int, epochs: int) -> float:
        """The factor in an epoch, counted from 0, of all."""
        return self.factor(min(1.0, epoch / (self.share * epochs)))

    @staticmethod
    def factor(progress: float) -> float:
        raise NotImplementedError

    def get_config(self):
        return {"share": self.share}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@method("warm-up", {"schedule": "warm-up"}, changes=TERMS)
@register
class WarmUp(Schedule):
    """Raises the weights of all terms linearly from 0: the student first learns from labels.

    As the ramp-up of S. Laine, T. Aila, "Temporal Ensembling for Semi-Supervised Learning", ICLR 2017,
    arXiv:1610.02242, whose curve is a Gaussian.
    """

    paper = (
        "S. Laine, T. Aila, “Temporal Ensembling for Semi-Supervised Learning”, ICLR 2017, arXiv:1610.02242"
    )
    after = "Laine and Aila, ICLR 2017"

    @staticmethod
    def sentence(options):
        return (
            "The weights of the teacher's terms rise linearly from 0 over the first "
            f"{options.schedule_share:.0%} of the epochs."
        )

    @staticmethod
    def factor(progress):
        return progress


@method("decay", {"schedule": "decay"}, changes=TERMS)
@register
class Decay(Schedule):
    """Lowers the weights of all terms linearly to 0: the student in the end learns from labels alone.

    K. Clark et al., "BAM! Born-Again Multi-Task Networks for Natural Language Understanding", ACL 2019,
    arXiv:1907.04829 (teacher annealing).
    """

    paper = (
        "K. Clark et al., “BAM! Born-Again Multi-Task Networks for Natural Language Understanding”, ACL 2019, "
        "arXiv:1907.04829"
    )
    after = "Clark et al., ACL 2019"

    @staticmethod
    def sentence(options):
        return (
            "The weights of the teacher's terms fall linearly to 0 over the first "
            f"{options.schedule_share:.0%} of the epochs."
        )

    @staticmethod
    def factor(progress):
        return 1.0 - progress


class FollowSchedule(keras.callbacks.Callback):
    """Sets the schedule's place at the start of every epoch, also of the first after a resume."""

    def on_epoch_begin(self, epoch, logs=None):
        self.model.set_epoch(epoch, self.params["epochs"])

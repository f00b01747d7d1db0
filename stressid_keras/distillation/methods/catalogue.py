"""The methods by their names on the command line, and how they combine."""

import dataclasses
from dataclasses import dataclass, field

from stressid_keras.config import DistillationConfig
from stressid_keras.distillation.methods.confidence import Confidence
from stressid_keras.distillation.methods.contrastive import Contrastive
from stressid_keras.distillation.methods.generalised import Imitation
from stressid_keras.distillation.methods.logits import SoftTargets
from stressid_keras.distillation.methods.mars import FeatureLoss
from stressid_keras.distillation.methods.mers import FeaturesFirst
from stressid_keras.distillation.methods.projection import ProjectionHead
from stressid_keras.distillation.methods.relational import Relational
from stressid_keras.distillation.methods.schedules import Decay, WarmUp
from stressid_keras.distillation.methods.standardised import Standardization
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import WEIGHTS

CONTROL = "cross-entropy"
SEPARATOR = "+"


@dataclass(frozen=True)
class Method:
    """A way to distil: the class that implements it, whose docstring names its paper, and the options it sets.

    A weight that the configuration has above 0 already stays as it is.
    """

    implementation: type | None
    options: dict = field(default_factory=dict)
    feature_losses: bool = False  # it needs the terms of α to δ
    is_term: bool = False  # it adds to the loss, and does not only change other methods

    @property
    def summary(self) -> str:
        """First line of the implementation's docstring."""
        if self.implementation is None:
            return "Labels alone: the control, which no teacher helps."
        return self.implementation.__doc__.strip().splitlines()[0]


METHODS = {
    CONTROL: Method(None),
    "mars": Method(FeatureLoss, feature_losses=True, is_term=True),
    "mers": Method(FeaturesFirst, {"features_first": True}, feature_losses=True, is_term=True),
    "projection": Method(ProjectionHead, {"projection": "linear"}),
    "projection-hidden": Method(ProjectionHead, {"projection": "hidden"}),
    "logits": Method(SoftTargets, {"logits": 1.0}, is_term=True),
    "generalised": Method(Imitation, {"imitation": 0.7}, is_term=True),
    "relational": Method(Relational, {"relational": 25.0}, is_term=True),
    "contrastive": Method(Contrastive, {"contrastive": 2.0}, is_term=True),
    "confidence": Method(Confidence, {"confidence": True}),
    "standardised": Method(Standardization, {"standardised": True}),
    "warm-up": Method(WarmUp, {"schedule": "warm-up"}),
    "decay": Method(Decay, {"schedule": "decay"}),
}


def with_methods(text: str, base: DistillationConfig) -> DistillationConfig:
    """A configuration with the methods that a text names, and no others.

    Args:
        text: names joined by +, such as "mars+projection+standardised"; without `mars` or `mers`, α to δ are 0.
        base: says the rest: α to δ, and other weights where they are above 0.

    Raises:
        StressIDError: a name is unknown, two exclude each other, or there is nothing for a method to change.
    """
    methods = _methods(text)
    if not any(method.is_term for method in methods.values()) and CONTROL not in methods:
        terms = ", ".join(name for name, method in METHODS.items() if method.is_term)
        raise StressIDError(
            f"method is {text!r}, which changes terms of the loss but has none; expected one of {terms} among them."
        )
    if "projection" in text and not any(method.feature_losses for method in methods.values()):
        raise StressIDError(
            f"method is {text!r}; projection is of the terms of mars or mers; add one of them."
        )
    off = DistillationConfig()
    options = {name: getattr(off, name) for method in METHODS.values() for name in method.options}
    if not any(method.feature_losses for method in methods.values()):
        options |= dict.fromkeys(WEIGHTS.values(), 0.0)
    for name, method in methods.items():
        for option, value in method.options.items():
            if options[option] != getattr(off, option):
                raise StressIDError(
                    f"method is {text!r}; {name} excludes another of them: both set {option}."
                )
            options[option] = value if isinstance(value, bool | str) else getattr(base, option) or value
    return dataclasses.replace(base, **options)


def _methods(text: str) -> dict[str, Method]:
    names = [name.strip() for name in text.split(SEPARATOR)]
    for name in names:
        if name not in METHODS:
            raise StressIDError(
                f"method is {name!r}; expected some of {', '.join(METHODS)}, joined by {SEPARATOR}."
            )
    if CONTROL in names and len(set(names)) > 1:
        raise StressIDError(
            f"method is {text!r}; expected {CONTROL} alone, for it is the one without a teacher."
        )
    return {name: METHODS[name] for name in names}

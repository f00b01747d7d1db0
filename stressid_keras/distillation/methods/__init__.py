"""What the literature found to help, a class each; they combine."""

from stressid_keras.distillation.methods.catalogue import METHODS, Method, with_methods
from stressid_keras.distillation.methods.confidence import Confidence
from stressid_keras.distillation.methods.contrastive import Contrastive
from stressid_keras.distillation.methods.generalised import Imitation
from stressid_keras.distillation.methods.logits import SoftTargets
from stressid_keras.distillation.methods.mars import FeatureLoss
from stressid_keras.distillation.methods.mers import FeaturesFirst
from stressid_keras.distillation.methods.method_description import Description, describe
from stressid_keras.distillation.methods.projection import ProjectionHead
from stressid_keras.distillation.methods.relational import Relational
from stressid_keras.distillation.methods.schedules import Decay, WarmUp
from stressid_keras.distillation.methods.standardised import Standardization
from stressid_keras.distillation.methods.term import Term

__all__ = [
    "METHODS",
    "Confidence",
    "Contrastive",
    "Decay",
    "Description",
    "FeatureLoss",
    "FeaturesFirst",
    "Imitation",
    "Method",
    "ProjectionHead",
    "Relational",
    "SoftTargets",
    "Standardization",
    "Term",
    "WarmUp",
    "describe",
    "with_methods",
]

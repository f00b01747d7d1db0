"""What the literature found to help, a class each, which registers itself; they combine.

Every module that lies in this folder is imported: a file dropped here is a method more.
"""

import importlib
import pkgutil

from stressid_keras.distillation.methods.agreeing import Agreeing
from stressid_keras.distillation.methods.confidence import Confidence
from stressid_keras.distillation.methods.contrastive import Contrastive
from stressid_keras.distillation.methods.correct import Correct
from stressid_keras.distillation.methods.generalised import Imitation
from stressid_keras.distillation.methods.logits import SoftTargets
from stressid_keras.distillation.methods.mars import FeatureLoss
from stressid_keras.distillation.methods.measures import MeasureRegression
from stressid_keras.distillation.methods.mers import FeaturesFirst
from stressid_keras.distillation.methods.projection import ProjectionHead
from stressid_keras.distillation.methods.relational import Relational
from stressid_keras.distillation.methods.schedules import Decay, WarmUp
from stressid_keras.distillation.methods.standardised import Standardization

__all__ = [
    "Agreeing",
    "Confidence",
    "Contrastive",
    "Correct",
    "Decay",
    "FeatureLoss",
    "FeaturesFirst",
    "Imitation",
    "MeasureRegression",
    "ProjectionHead",
    "Relational",
    "SoftTargets",
    "Standardization",
    "WarmUp",
]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

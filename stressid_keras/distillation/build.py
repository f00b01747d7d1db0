"""A distiller as a configuration asks for it."""

import keras
import numpy as np

from stressid_keras.config import DistillationConfig
from stressid_keras.distillation.distiller import Distiller
from stressid_keras.distillation.methods import (
    Contrastive,
    Decay,
    FeaturesFirst,
    Imitation,
    Relational,
    SoftTargets,
    WarmUp,
)
from stressid_keras.errors import StressIDError

SCHEDULES = {"warm-up": WarmUp, "decay": Decay}


def build_distiller(
    student: keras.Model,
    config: DistillationConfig,
    teacher_features: dict[str, np.ndarray] | None = None,
    *,
    teacher: keras.Model | None = None,
    label_smoothing: float = 0.0,
    **kwargs,
) -> Distiller:
    """A `Distiller` with the terms and options of a configuration; a term with weight 0 is left out.

    Args:
        student: outputs `logits` and `feature`.
        teacher_features: the teacher's outputs on the training set by name, (n, d) or (n, views, d): their widths, and
            the statistics to standardise by. `logits` are needed by logits, imitation and confidence.
        teacher: to run in every step; without one, batches bring `teacher_features`.
        kwargs: further arguments of `Distiller`.

    Raises:
        StressIDError: standardisation is asked for and there are no features to take the statistics from.
    """
    weights = {name: weight for name, weight in config.weights.items() if weight}
    terms = {
        "logits": lambda weight: SoftTargets(weight, config.temperature),
        "imitation": lambda weight: Imitation(weight, config.temperature),
        "relational": lambda weight: Relational(weight, config.compared),
        "contrastive": lambda weight: Contrastive(weight, config.contrastive_temperature, config.compared),
    }
    widths = {name: values.shape[-1] for name, values in (teacher_features or {}).items()}
    schedule = SCHEDULES.get(config.schedule)
    distiller = Distiller(
        student,
        teacher,
        weights,
        label_smoothing,
        terms=[make(getattr(config, name)) for name, make in terms.items() if getattr(config, name)],
        projection=config.projection,
        standardised=config.standardised,
        confidence=config.confidence,
        schedule=schedule(config.schedule_share) if schedule else None,
        features_first=FeaturesFirst(config.features_first_share) if config.features_first else None,
        teacher_widths=widths or None,
        **kwargs,
    )
    if config.standardised:
        if not teacher_features:
            raise StressIDError(
                "standardised needs the teacher's features of the training set; expected teacher_features."
            )
        distiller.adapt(teacher_features)
    return distiller

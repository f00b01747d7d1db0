"""A distiller as a configuration asks for it."""

import keras
import numpy as np

from stressid_keras.config import DistillationConfig
from stressid_keras.distillation.distiller import Distiller
from stressid_keras.distillation.method_names import set_methods
from stressid_keras.distillation.method_registry import read_options
from stressid_keras.errors import StressIDError


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
            the statistics to standardise by. `logits` are needed by logits, imitation, confidence,
            correct and agreeing.
        teacher: to run in every step; without one, batches bring `teacher_features`.
        kwargs: further arguments of `Distiller`.

    Raises:
        StressIDError: an option is of no method, or its method does not take it; two methods set one argument; or
            standardisation is asked for and there are no features to take the statistics from.
    """
    widths = {name: values.shape[-1] for name, values in (teacher_features or {}).items()}
    distiller = Distiller(
        student,
        teacher,
        label_smoothing=label_smoothing,
        teacher_widths=widths or None,
        **_arguments(config),
        **kwargs,
    )
    if distiller.standardised:
        if not teacher_features:
            raise StressIDError(
                "standardised needs the teacher's features of the training set; expected teacher_features."
            )
        distiller.adapt(teacher_features)
    return distiller


def _arguments(config: DistillationConfig) -> dict:
    """What the methods of a configuration add to the arguments of `Distiller`, their terms and selections in a list."""
    options, found, listed = read_options(config), {}, {"terms": [], "selections": []}
    for name, method in set_methods(config).items():
        own = dict(method.implementation.arguments(options[name]))
        for each, values in listed.items():
            values += own.pop(each, [])
        if taken := found.keys() & own.keys():
            raise StressIDError(
                f"method {name!r} and another one both set {min(taken)}; expected one of them."
            )
        found |= own
    return {**found, **listed}

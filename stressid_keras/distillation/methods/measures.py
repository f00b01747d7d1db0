"""Measures of signals and face, regressed from the student's feature."""

import keras
from keras import ops

from stressid_keras.distillation.method_registry import method
from stressid_keras.distillation.term import Term
from stressid_keras.errors import StressIDError
from stressid_keras.layers.registration import register
from stressid_keras.modalities import is_measures


@method("measures", {"measures": 1.0})
@register
class MeasureRegression(Term):
    """Mean squared error of the measures of signals and face, regressed linearly from the student's feature.

    After J. Hoffman, S. Gupta, T. Darrell, "Learning with Side Information through Modality Hallucination", CVPR 2016,
    DOI 10.1109/CVPR.2016.96, where a network learns to give what another modality shows. Here what has a name is
    regressed in the place of a network's features: a heart rate cannot be learnt by heart by a teacher. The heads are
    there in training only. Every modality counts alike; a missing measure, NaN, is left out.
    """

    paper = (
        "J. Hoffman, S. Gupta, T. Darrell, “Learning with Side Information through Modality Hallucination”, CVPR 2016, "
        "doi:10.1109/CVPR.2016.96"
    )
    after = "Hoffman et al., CVPR 2016"

    @classmethod
    def arguments(cls, options):
        return {"terms": [cls(options.measures)]}

    @staticmethod
    def formula(options):
        return f"{options.measures:g} × regression"

    @staticmethod
    def sentence(options):
        return (
            "The regression's term is the mean squared error of linear heads, there in training only, that give the "
            "measures of signals and face, each in standard deviations, from the student's feature."
        )

    def __init__(self, weight=1.0, **kwargs):
        super().__init__(weight, **{"name": "measures", **kwargs})
        self.heads = {}

    @property
    def has_weights(self):
        return True

    def compared(self, teacher):
        if not (found := tuple(sorted(filter(is_measures, teacher)))):
            raise StressIDError(
                "the method measures has none to regress; expected some among the teacher's outputs."
            )
        return found

    def prepare(self, student, teacher):
        for name in self.compared(teacher):
            self.heads[name] = keras.layers.Dense(teacher[name], dtype=self.dtype_policy, name=f"{name}_head")
            self.heads[name].build((None, student["feature"]))
        super().prepare(student, teacher)

    def values(self, student, teacher, labels):
        found = [self._errors(head(student["feature"]), teacher[name]) for name, head in self.heads.items()]
        return sum(found) / len(found)

    @staticmethod
    def _errors(regressed, measures):
        known = ops.logical_not(ops.isnan(measures))
        errors = ops.square(regressed - ops.where(known, measures, 0.0)) * ops.cast(known, regressed.dtype)
        return ops.sum(errors, axis=-1) / ops.maximum(ops.sum(ops.cast(known, regressed.dtype), axis=-1), 1.0)

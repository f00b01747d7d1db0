"""Which way to distil is best: a student for every method, on the folds of a cross-validation."""

import re
from collections.abc import Sequence

from stressid_keras.config import DistillationConfig
from stressid_keras.errors import StressIDError
from stressid_keras.studies.variants import Variant, Variants
from stressid_keras.workflow.cross_validation import CrossValidation

# Each method once: by itself, or added to another where it is an addition; the controls beside soft labels. Without
# cross-fit, for which five more teachers are trained in every fold.
COMPARED_METHODS = (
    "mars",
    "mers",
    "mars+projection",
    "mars+projection-hidden",
    "mars+standardised",
    "mars+confidence",
    "mars+warm-up",
    "mars+decay",
    "logits",
    "generalised",
    "generalised+forest",
    "generalised+forest+chosen-share",
    "generalised+forest+chosen-share+permuted",
    "generalised+forest+correct",
    "generalised+forest+agreeing",
    "generalised+born-again",
    "generalised+permuted",
    "relational",
    "contrastive",
    "measures",
    "measures+hearable",
)


class Comparison:
    """Students of several methods on the folds of a cross-validation, whose teachers and controls they share.

    Args:
        folds: its runs; its seeds are its repeats, and its configuration is what the methods change.
        methods: names or combinations of `distillation.methods`, such as "mars+projection".

    Raises:
        StressIDError: no method, an unknown one, the control, or one twice.
    """

    def __init__(self, folds: CrossValidation, methods: Sequence[str] = COMPARED_METHODS):
        self.folds = folds
        self.context = folds.context
        self.variants = Variants(
            folds, "comparison", method_variants(methods, self.context.config.distillation), with_teacher=True
        )
        self.folder = self.variants.folder

    def evaluate(self) -> dict:
        """Train what is missing and score all of it; the content of `comparison.json`.

        Leaves `comparison.csv`, a row per method, and for teacher, its modalities and the floors; `comparison.html`,
        the same as tables and figures; and `predictions.csv`.
        """
        from stressid_keras.studies.comparison_scores import method_scores, write_comparison_report

        return self.variants.evaluate(method_scores, write_comparison_report)


def method_variants(methods: Sequence[str], base: DistillationConfig) -> dict[str, Variant]:
    """By the name of the student: the configuration that each text makes of `base`.

    Raises:
        StressIDError: as `Comparison`.
    """
    from stressid_keras.distillation import with_methods

    if not methods:
        raise StressIDError("no method was named; expected at least one to compare with cross-entropy alone.")
    control = with_methods("cross-entropy", base)
    found = {}
    for text in methods:
        variant = Variant(text, with_methods(text, base))
        if variant.distillation == control:
            raise StressIDError(
                f"{text!r} trains with cross-entropy alone, as the control, which every comparison holds; leave it out."
            )
        for other in found.values():
            if variant.distillation == other.distillation:
                raise StressIDError(f"{other.label!r} and {text!r} are the same method; name it once.")
        found["student_" + re.sub("[^0-9a-z]+", "_", text.lower()).strip("_")] = variant
    return found

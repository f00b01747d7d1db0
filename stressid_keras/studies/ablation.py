"""Which modalities are worth imitating: a student for every subset of the teacher's features, on every fold."""

import dataclasses
import itertools

from stressid_keras.config import DistillationConfig
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import PRIVILEGED, WEIGHTS
from stressid_keras.studies.variants import Variant, Variants
from stressid_keras.workflow.cross_validation import CrossValidation

ALL = "student"  # of the main job: every term


class Ablation:
    """Students of all subsets of α to δ on the folds of a cross-validation, whose teachers and controls they share.

    Args:
        folds: its runs; its seeds are its repeats.

    Raises:
        StressIDError: all of α to δ are 0.
    """

    def __init__(self, folds: CrossValidation):
        self.folds = folds
        self.context = folds.context
        self.variants = Variants(
            folds,
            "ablation",
            {
                name: Variant(_label(config), config)
                for name, config in subsets(self.context.config.distillation).items()
            },
        )
        self.folder = self.variants.folder

    def evaluate(self) -> dict:
        """Train what is missing and score all of it; the content of `ablation.json`.

        Leaves `ablation.csv`, a row per subset with its difference to the control; `ablation.html`, the same as table
        and figure; and `predictions.csv`.
        """
        from stressid_keras.studies.ablation_scores import ablation_scores, write_ablation_report

        return self.variants.evaluate(ablation_scores, write_ablation_report)


def subsets(config: DistillationConfig) -> dict[str, DistillationConfig]:
    """By the name of the student: the configuration with some of its terms, the others at 0.

    The empty subset is not among them: that is the control. Terms that the configuration has at 0 are in none of them:
    that is how to leave a modality out of the question.

    Raises:
        StressIDError: all of them are.
    """
    found = {}
    terms = [modality for modality in PRIVILEGED if config.weights[modality]]
    if not terms:
        raise StressIDError("alpha to delta are all 0; expected at least one term of the loss to leave out.")
    for size in range(1, len(terms) + 1):
        for kept in itertools.combinations(terms, size):
            dropped = {WEIGHTS[modality]: 0.0 for modality in terms if modality not in kept}
            name = ALL if size == len(terms) else "student_" + "_".join(kept)
            found[name] = dataclasses.replace(config, **dropped)
    return found


def _label(config: DistillationConfig) -> str:
    return " + ".join(modality for modality, weight in config.weights.items() if weight)

"""What a student is given to imitate: the teacher's outputs, those of cross-fitted networks, measures."""

import numpy as np

from stressid_keras.config import DistillationConfig
from stressid_keras.provenance import fingerprint
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import prepare
from stressid_keras.workflow.imitation.cross_fitted import of_itself, of_strangers
from stressid_keras.workflow.imitation.forests import of_forest
from stressid_keras.workflow.imitation.given import VERSION, Imitated
from stressid_keras.workflow.imitation.regressed import with_measures
from stressid_keras.workflow.part_windows import labels
from stressid_keras.workflow.teacher_stages import compute_teacher_features, student_rows, teacher_key


def imitated(context: RunContext, distillation: DistillationConfig) -> Imitated:
    """What a configuration has a student imitate, of the rows that it learns from and is validated on.

    Raises:
        StressIDError: fewer people than parts to cross-fit, views of cross-fitted teachers, or a method that compares
            features and is given none.
    """
    sources = {
        "teacher": _of_teacher,
        "cross-fit": of_strangers,
        "forest": of_forest,
        "born-again": of_itself,
    }
    found = sources[distillation.imitated](context, distillation)
    if distillation.measures:
        found = with_measures(context, distillation, found)
    if distillation.permuted:
        found = _exchanged(context, found)
    return found


def _of_teacher(context: RunContext, distillation: DistillationConfig) -> Imitated:
    return Imitated(compute_teacher_features(context), teacher_key(context))


def _exchanged(context: RunContext, found: Imitated) -> Imitated:
    """The training part's, each row with what belongs to another one of the same class, and person if there is any."""
    from stressid_keras.distillation.cross_fitting import exchanged_rows

    rows, seed = student_rows(context)["train"], context.config.seed
    people = prepare(context).manifest["subject"].to_numpy()[rows]
    order = exchanged_rows(people, labels(context, rows), seed)
    if (order == np.arange(len(rows))).all():
        context.reporter.warn(
            "permuted changes nothing: no class has two training windows whose teacher's outputs could be exchanged."
        )
    train = {name: values[order] for name, values in found.outputs["train"].items()}
    return Imitated({**found.outputs, "train": train}, fingerprint(found.key, "permuted", VERSION, seed))

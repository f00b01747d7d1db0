"""The students of a run: the control, the distilled student, and students distilled in other ways."""

import dataclasses
from pathlib import Path

from stressid_keras.config import DistillationConfig, deciding
from stressid_keras.modalities import is_measures
from stressid_keras.workflow.context import RunContext, verb
from stressid_keras.workflow.data import prepare, read_index, split_people
from stressid_keras.workflow.imitation.imitated import imitated
from stressid_keras.workflow.imitation.share import chosen_share
from stressid_keras.workflow.part_windows import student_hears
from stressid_keras.workflow.plans import control_plan, new_student, student_inputs
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.teacher_stages import compute_teacher_features, student_rows, train_teacher
from stressid_keras.workflow.training import NetworkPlan, train_network

# What a student is distilled from: a branch of a context that keeps them trains another student of the same teacher.
GIVEN = (read_index, prepare, split_people, train_teacher, compute_teacher_features)


@verb
def train_control(context: RunContext) -> Stage:
    """`student_ce.keras`: the same student from the same seed, with cross-entropy alone."""
    return train_network(context, control_plan(context, student_rows(context)))


@verb
def distil_student(context: RunContext) -> Stage:
    """`student.keras`, distilled from the teacher's stored features."""
    return _distil(context, "student", context.config.distillation)


def distil_variant(context: RunContext, name: str, distillation: DistillationConfig, folder: str) -> Stage:
    """A student distilled in another way, from the same features and first weights, in a folder of the run's."""
    own = context.config.distillation
    same = {option: getattr(own, option) for option in ("feature_dtype", "feature_views")}
    return _distil(context, name, dataclasses.replace(distillation, **same), context.output_dir / folder)


def train_networks(context: RunContext) -> dict[str, Stage]:
    """Teacher, control and student, in the order in which they are trained, by the name of their file."""
    return {
        "teacher": train_teacher(context),
        "student_ce": train_control(context),
        "student": distil_student(context),
    }


def _distil(
    context: RunContext, name: str, distillation: DistillationConfig, folder: Path | None = None
) -> Stage:
    config, rows, given = context.config, student_rows(context), imitated(context, distillation)
    if distillation.imitation_chosen and distillation.imitation:
        choice = chosen_share(context, distillation, given, folder or context.output_dir)
        distillation = dataclasses.replace(distillation, imitation=choice.record["summary"]["share"])
    if distillation.hearable and not any(map(is_measures, given.outputs["train"])):
        distillation = dataclasses.replace(distillation, measures=0.0)  # none is left to regress
    return train_network(
        context,
        NetworkPlan(
            name,
            lambda: _new_distiller(context, distillation, given.outputs["train"]),
            config.student_training,
            {
                **student_inputs(context),
                "distillation": deciding(distillation),
                "teacher": given.key,
            },
            student_hears(config.student),
            rows,
            given.outputs,
        ),
        folder,
    )


def _new_distiller(context: RunContext, distillation: DistillationConfig, outputs):
    from stressid_keras.distillation import build_distiller

    return build_distiller(
        new_student(context, student_rows(context)["train"]),
        distillation,
        outputs,
        label_smoothing=context.config.student_training.label_smoothing,
    )

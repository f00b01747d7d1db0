"""The students of a run: the control, the distilled student, and students distilled in other ways."""

import dataclasses
from pathlib import Path

from stressid_keras.config import DistillationConfig, to_dict
from stressid_keras.workflow.context import RunContext, verb
from stressid_keras.workflow.data import prepare, read_index, split_people
from stressid_keras.workflow.part_windows import spoken_statistics, student_hears
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.teacher_stages import (
    compute_teacher_features,
    student_rows,
    teacher_key,
    train_teacher,
)
from stressid_keras.workflow.training import NetworkPlan, train_network

# What a student is distilled from: a branch of a context that keeps them trains another student of the same teacher.
GIVEN = (read_index, prepare, split_people, train_teacher, compute_teacher_features)


@verb
def train_control(context: RunContext) -> Stage:
    """`student_ce.keras`: the same student from the same seed, with cross-entropy alone."""
    config = context.config
    return train_network(
        context,
        NetworkPlan(
            "student_ce",
            lambda: _new_control(context),
            config.student_training,
            _network_inputs(context),
            student_hears(config.student),
            student_rows(context),
        ),
    )


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
    config = context.config
    return train_network(
        context,
        NetworkPlan(
            name,
            lambda: _new_distiller(context, distillation),
            config.student_training,
            {
                **_network_inputs(context),
                "distillation": to_dict(distillation),
                "teacher": teacher_key(context),
            },
            student_hears(config.student),
            student_rows(context),
            compute_teacher_features(context),
        ),
        folder,
    )


def _network_inputs(context: RunContext) -> dict:
    """What decides a student's network, for the record of its stage."""
    from stressid_keras.preprocessing.speech_statistics import statistics_key

    config = context.config.student
    heard = {"speech": statistics_key(prepare(context))} if config.hears_speech else {}
    return {"network": to_dict(config), **heard}


def _new_control(context: RunContext):
    from stressid_keras.training.classifier import Classifier

    smoothing = context.config.student_training.label_smoothing
    return Classifier(_new_student(context), label_smoothing=smoothing)


def _new_distiller(context: RunContext, distillation: DistillationConfig):
    from stressid_keras.distillation import build_distiller

    return build_distiller(
        _new_student(context),
        distillation,
        compute_teacher_features(context)["train"],
        label_smoothing=context.config.student_training.label_smoothing,
    )


def _new_student(context: RunContext):
    from stressid_keras.models import build_student

    config, n_classes = context.config, len(prepare(context).class_names)
    heard = config.student.hears_speech
    statistics = spoken_statistics(context, student_rows(context)["train"]) if heard else None
    return build_student(n_classes, config.preparation.audio.n_mels, config.student, statistics)

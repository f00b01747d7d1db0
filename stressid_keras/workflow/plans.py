"""What is trained on given rows: a teacher, or a student with cross-entropy alone."""

from collections.abc import Mapping

import numpy as np

from stressid_keras.config import deciding
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import prepare
from stressid_keras.workflow.part_windows import (
    measured_key,
    spoken_statistics,
    student_hears,
    teacher_measures,
    teacher_sees,
)
from stressid_keras.workflow.training import NetworkPlan


def teacher_plan(context: RunContext, rows: Mapping[str, np.ndarray]) -> NetworkPlan:
    """A teacher, to be trained on rows of the manifest, by part."""
    config = context.config
    return NetworkPlan(
        "teacher",
        lambda: _new_teacher(context, rows["train"]),
        config.teacher_training,
        {"network": deciding(config.teacher), **_measured(context)},
        teacher_sees(context),
        dict(rows),
    )


def control_plan(context: RunContext, rows: Mapping[str, np.ndarray]) -> NetworkPlan:
    """A student, to be trained with cross-entropy alone on rows of the manifest, by part."""
    config = context.config
    return NetworkPlan(
        "student_ce",
        lambda: _new_control(context, rows["train"]),
        config.student_training,
        student_inputs(context),
        student_hears(config.student),
        dict(rows),
    )


def student_inputs(context: RunContext) -> dict:
    """What decides a student's network, for the record of its stage."""
    from stressid_keras.preprocessing.speech_statistics import statistics_key

    config = context.config.student
    heard = {"speech": statistics_key(prepare(context))} if config.hears_speech else {}
    return {"network": deciding(config), **heard}


def new_student(context: RunContext, rows):
    """A student whose statistics, if it hears any, are standardised by those of rows to train on."""
    from stressid_keras.models import build_student

    config, n_classes = context.config, len(prepare(context).class_names)
    statistics = spoken_statistics(context, rows) if config.student.hears_speech else None
    return build_student(n_classes, config.preparation.audio.n_mels, config.student, statistics)


def _new_control(context: RunContext, rows):
    from stressid_keras.training.classifier import Classifier

    smoothing = context.config.student_training.label_smoothing
    return Classifier(new_student(context, rows), label_smoothing=smoothing)


def _new_teacher(context: RunContext, rows):
    from stressid_keras.models import build_teacher
    from stressid_keras.training.classifier import Classifier

    config, n_classes = context.config, len(prepare(context).class_names)
    measures = {name: values[rows] for name, values in teacher_measures(context).items()}
    network = build_teacher(n_classes, config.teacher, config.dataset.teacher_modalities, measures)
    return Classifier(network, label_smoothing=config.teacher_training.label_smoothing)


def _measured(context: RunContext) -> dict:
    """What the measures are of, for the record of the stage."""
    return {"measures": measured_key(context)} if context.config.teacher.takes_measures else {}

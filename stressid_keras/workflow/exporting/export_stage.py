"""The student of a run as files for phones and pages."""

import importlib.util
from pathlib import Path

from stressid_keras.config import ExportOptions
from stressid_keras.errors import ExportError
from stressid_keras.media.speech.settings import SAMPLE_RATE
from stressid_keras.system.processes import in_own_process
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import encode_speech
from stressid_keras.workflow.exporting.export_plan import ExportPlan, plan_export
from stressid_keras.workflow.exporting.files import write_files
from stressid_keras.workflow.part_windows import part_rows, recordings
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.student_stages import distil_student

VERSION = 5  # raised when the export changes for the same student


def export(context: RunContext, options: ExportOptions | None = None, student: Path | None = None) -> Stage:
    """The student as files for phones and pages, checked on windows of people it was not trained on.

    Args:
        options: which files, and of which window.
        student: a `.keras` file, in the place of the run's, which then is neither trained nor looked at; it is
            tested on the people that the `split.json` beside it names. The files go into the run's folder, and
            their names begin with its name.

    Raises:
        DatasetError, ExportError: as `plan_export`; or `export_obstacle`, or the student cannot be exported, or a
            file computes something else.
    """
    plan = plan_export(context, options or ExportOptions(), student)
    if obstacle := _obstacle(context, plan.rows("test")):
        raise ExportError(f"{plan.student} cannot be exported: {obstacle}")
    if student is None:  # after what can be wrong with the options
        distil_student(context)
    stage = Stage(context.output_dir, plan.stage_name, plan.inputs(VERSION), plan.files)
    stage.ensure(lambda: _export(context, plan), context.reporter, "export")
    _warn_of_unquantised(context, stage)
    return stage


def export_obstacle(context: RunContext) -> str:
    """Why the student cannot be exported, as a sentence; empty if it can."""
    return _obstacle(context, part_rows(context, "test"))


def _obstacle(context: RunContext, rows) -> str:
    if importlib.util.find_spec("tensorflow") is None:
        return (
            "TensorFlow, which writes the files, is not installed; "
            "run recipes/export_tflite.py for the same student where it is."
        )
    rate = context.config.preparation.audio.sample_rate
    if context.config.student.hears_speech and rate != SAMPLE_RATE:
        return (
            f"its speech encoder hears sound at {SAMPLE_RATE} Hz and audio.sample_rate is {rate}; "
            f"prepare and train with audio.sample_rate {SAMPLE_RATE} in the configuration."
        )
    found = recordings(context, rows)
    if all(recording.sources["audio"].suffix.lower() == ".png" for recording in found):
        return "the audio came as images, so there is no front end to export with the student."
    return ""


def _export(context: RunContext, plan: ExportPlan) -> dict:
    import keras

    if context.config.student.hears_speech:
        encode_speech(context)
    plan.remove_files()  # of an earlier student, or of variants that are not asked for now
    if keras.backend.backend() != "tensorflow":
        context.reporter.say("export: in a process of its own, where Keras runs on TensorFlow")
        return in_own_process(write_files, plan, environment={"KERAS_BACKEND": "tensorflow"})
    with context.reporter.stage("export", plan.n_unseen) as report:
        return write_files(plan, report)


def _warn_of_unquantised(context: RunContext, stage: Stage) -> None:
    from stressid_keras.export.quantise import UNQUANTISED

    summary = stage.record["summary"]
    if summary.get("int8", {}).get("scheme") == UNQUANTISED.name:
        context.reporter.warn(
            f"{summary['variants']['int8']['file']} is not quantised: this student is so unsure that every int8 "
            "scheme changes more than one in fifty of its predictions."
        )

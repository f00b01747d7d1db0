"""What a run leaves for people: scores, report and the exported student."""

import importlib.util
from functools import cached_property
from pathlib import Path

from stressid_keras.config import ExportOptions
from stressid_keras.errors import ExportError
from stressid_keras.workflow.analysis import Analysis
from stressid_keras.workflow.exporting.export_plan import ExportPlan, plan_export
from stressid_keras.workflow.exporting.files import write_files
from stressid_keras.workflow.processes import in_own_process
from stressid_keras.workflow.scoring import REPORT_FILES, SplitResults, scoring_inputs, write_scores
from stressid_keras.workflow.stage import Stage

EXPORT_VERSION = 5  # raised when the export changes for the same student


class Results:
    """Makes its files, unless those that are there were made from the same inputs."""

    def __init__(self, analysis: Analysis):
        self.analysis = analysis
        self.training = analysis.training
        self.data = analysis.data
        self.folder = analysis.folder
        self.reporter = analysis.reporter

    def evaluation(self, thorough: bool = False) -> Stage:
        """`REPORT_FILES`, of teacher, student, control, baselines and floors.

        Args:
            thorough: also what noise and the like do to the students, and what they listen to; without it, these are in
                the report if they were made before.
        """
        analysis = self.analysis
        stages = [analysis.predictions, analysis.baselines]
        inspected = thorough or analysis.is_inspected
        if inspected:
            stages += [analysis.robustness, analysis.inspection]
        stage = Stage(
            self.folder,
            "evaluation",
            scoring_inputs(self.data, {stage.name: stage.record["outputs"] for stage in stages}),
            REPORT_FILES,
        )
        if stage.is_current():
            self.reporter.reused("evaluation", [self.folder / name for name in stage.outputs])
        else:
            results = [SplitResults(self.folder, inspected=inspected)]
            stage.run(lambda: write_scores(self.folder, self.data, results))
        return stage

    def export(self, options: ExportOptions | None = None, student: Path | None = None) -> Stage:
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
        plan = plan_export(self.data, options or ExportOptions(), student)
        if obstacle := self._obstacle(plan.rows("test")):
            raise ExportError(f"{plan.student} cannot be exported: {obstacle}")
        if student is None:  # after what can be wrong with the options
            self.training.student  # noqa: B018  trained, if it is not
        stage = Stage(self.folder, plan.stage_name, plan.inputs(EXPORT_VERSION), plan.files)
        if stage.is_current():
            self.reporter.reused("export", [self.folder / name for name in stage.outputs])
        else:
            stage.run(lambda: self._export(plan))
        self._warn_of_unquantised(stage)
        return stage

    def _warn_of_unquantised(self, stage: Stage) -> None:
        from stressid_keras.export.quantise import UNQUANTISED

        summary = stage.record["summary"]
        if summary.get("int8", {}).get("scheme") == UNQUANTISED.name:
            self.reporter.warn(
                f"{summary['variants']['int8']['file']} is not quantised: this student is so unsure that every int8 "
                "scheme changes more than one in fifty of its predictions."
            )

    @cached_property
    def export_obstacle(self) -> str:
        """Why the student cannot be exported; empty if it can."""
        return self._obstacle(self.data.rows("test"))

    def _obstacle(self, rows) -> str:
        if importlib.util.find_spec("tensorflow") is None:
            return (
                "TensorFlow, which writes the files, is not installed; "
                "run recipes/export_tflite.py for the same student where it is."
            )
        recordings = self.analysis.recordings(rows)
        if all(recording.sources["audio"].suffix.lower() == ".png" for recording in recordings):
            return "the audio came as images, so there is no front end to export with the student."
        return ""

    def _export(self, plan: ExportPlan) -> dict:
        import keras

        plan.remove_files()  # of an earlier student, or of variants that are not asked for now
        if keras.backend.backend() != "tensorflow":
            self.reporter.say("export: in a process of its own, where Keras runs on TensorFlow")
            return in_own_process(write_files, plan, environment={"KERAS_BACKEND": "tensorflow"})
        with self.reporter.stage("export", plan.n_unseen) as report:
            return write_files(plan, report)

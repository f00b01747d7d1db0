"""What a run leaves for people: scores, report and the exported student."""

from functools import cached_property

import numpy as np

from stressid_keras.workflow.analysis import Analysis
from stressid_keras.workflow.scoring import REPORT_FILES, SplitResults, scoring_inputs, write_scores
from stressid_keras.workflow.stage import Stage

EXPORT_VERSION = 2  # raised when the export changes for the same student


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

    @cached_property
    def export(self) -> Stage:
        """`student.tflite`, checked on the windows of the test subjects."""
        stage = Stage(
            self.folder,
            "export",
            {
                "student": self.training.student.record["outputs"]["student.keras"],
                "store": self.data.store.fingerprint,
                "code": EXPORT_VERSION,
            },
            ("student.tflite",),
        )
        if stage.is_current():
            self.reporter.reused("export", [self.folder / "student.tflite"])
        else:
            stage.run(self._export)
        return stage

    @cached_property
    def export_obstacle(self) -> str:
        """Why the student cannot be exported; empty if it can."""
        import keras

        if keras.backend.backend() != "tensorflow":
            return (
                f"Keras runs on {keras.backend.backend()}, which does not export; "
                "run recipes/export_tflite.py with KERAS_BACKEND=tensorflow for the same student."
            )
        recordings = self.analysis.recordings(self.data.rows("test"))
        if all(recording.sources["audio"].suffix.lower() == ".png" for recording in recordings):
            return "the audio came as images, so there is no front end to export with the student."
        return ""

    def _export(self) -> dict:
        from stressid_keras.export.tflite import export_student

        rows = self.data.rows("test")
        audio = self.data.config.preparation.audio
        seconds = self._deployed_seconds()
        student = self.training.load("student")
        with self.reporter.stage("export", len(rows)) as report:
            parity = export_student(
                student,
                self.folder / "student.tflite",
                audio,
                seconds * audio.sample_rate,
                self._waveforms(rows, self.analysis.probabilities(student, rows), report),
            )
        return {
            "class_names": list(self.data.store.class_names),
            "sample_rate": audio.sample_rate,
            "seconds": seconds,
            **parity,
        }

    def _deployed_seconds(self) -> int:
        """Length of the exported model's window: the longest that there is, in whole seconds."""
        return int(np.ceil(self.data.store.manifest["audio_seconds"][self.data.store.complete].max()))

    def _waveforms(self, rows, probabilities, report):
        """Name, waveform and the student's probabilities of each window that was made from a sound file."""
        expected = dict(zip(rows, probabilities, strict=True))
        for done, (window, waveform) in enumerate(self.analysis.waveforms(rows), start=1):
            yield f"{window['recording']}, window {window['window']}", waveform, expected[window.name]
            report(done)

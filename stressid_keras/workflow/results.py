"""What a run leaves for people: scores, report and the exported student."""

from functools import cached_property

import numpy as np

from stressid_keras.config import MODALITIES
from stressid_keras.preprocessing import load_waveform
from stressid_keras.provenance import versions, write_json
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.training import Training

SCORING_VERSION = 2  # raised when scores, report or export change for the same models
MODELS = ("teacher", "student", "student_ce")


class Results:
    """Each property makes its files, unless those that are there were made from the same inputs."""

    def __init__(self, training: Training):
        self.training = training
        self.data = training.data
        self.folder = training.folder
        self.reporter = training.reporter

    @cached_property
    def evaluation(self) -> Stage:
        """`predictions.csv`, `metrics.json` and `report.html`, of teacher, student and control."""
        stage = Stage(
            self.folder,
            "evaluation",
            {
                "models": {name: stage.record["outputs"] for name, stage in self.training.stages.items()},
                "store": self.data.store.fingerprint,
                "code": SCORING_VERSION,
            },
            ("config.json", "metrics.json", "predictions.csv", "report.html"),
        )
        if stage.is_current():
            self.reporter.reused("evaluation", [self.folder / name for name in stage.outputs])
        else:
            stage.run(self._evaluate)
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
                "code": SCORING_VERSION,
            },
            ("student.tflite",),
        )
        if stage.is_current():
            self.reporter.reused("export", [self.folder / "student.tflite"])
        else:
            stage.run(self._export)
        return stage

    @cached_property
    def can_export(self) -> bool:
        """Whether a test recording has a waveform; audio that came as images has no front end to export."""
        recordings = self._recordings(self.data.rows("test"))
        return any(recording.sources["audio"].suffix.lower() != ".png" for recording in recordings)

    def _evaluate(self) -> None:
        import pandas as pd

        from stressid_keras import evaluation

        names = self.data.store.class_names
        predictions = pd.concat(self._prediction_tables(), ignore_index=True)
        evaluation.write_predictions(self.folder / "predictions.csv", predictions)
        train_rows = self.data.store.manifest.iloc[self.data.rows("train")]
        metrics = evaluation.score_run(predictions, names, train_rows, self.data.config.seed)
        write_json(self.folder / "metrics.json", metrics)
        config = {
            "config": self.data.config.to_dict(),
            "data": self.data.data_dir.name,
            "versions": versions(),
        }
        write_json(self.folder / "config.json", config)
        evaluation.write_report(
            self.folder / "report.html",
            metrics=metrics,
            predictions=predictions,
            histories={model: pd.read_csv(self.folder / f"history_{model}.csv") for model in MODELS},
            best_epochs={
                name: stage.record["summary"]["best_epoch"] for name, stage in self.training.stages.items()
            },
            config=self.data.config.to_dict(),
            split=self.data.split.to_dict(),
            versions=versions(),
            class_names=names,
        )

    def _prediction_tables(self) -> list:
        from stressid_keras import evaluation

        tables, parts = [], self.data.split.parts
        with self.reporter.stage("evaluation", len(MODELS) * len(parts)) as report:
            for model in MODELS:
                network = self.training.load(model)
                for part in parts:
                    rows = self.data.rows(part)
                    tables.append(
                        evaluation.predictions_table(
                            model,
                            part,
                            self.data.store.manifest.iloc[rows],
                            self._probabilities(network, rows),
                            self.data.store.class_names,
                        )
                    )
                    report(len(tables))
        return tables

    def _probabilities(self, network, rows) -> np.ndarray:
        modalities = [name for name in network.input if name in MODALITIES]
        logits = network.predict(self.data.batches(rows, modalities), verbose=0)["logits"]
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

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
                self._waveforms(rows, self._probabilities(student, rows), report),
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
        sources = {recording.name: recording.sources["audio"] for recording in self._recordings(rows)}
        preparation = self.data.config.preparation
        rate = preparation.audio.sample_rate
        for done, (row, expected) in enumerate(zip(rows, probabilities, strict=True), start=1):
            window = self.data.store.manifest.iloc[row]
            source = sources[window["recording"]]
            if source.suffix.lower() != ".png":  # an image made earlier has no waveform to compare with
                start = round(window["start"] * rate)
                stop = start + round(window["audio_seconds"] * rate)
                waveform = load_waveform(source, rate, preparation.quality.silence_peak)[start:stop]
                yield f"{window['recording']}, window {window['window']}", waveform, expected
            report(done)

    def _recordings(self, rows):
        wanted = set(self.data.store.manifest["recording"].iloc[rows])
        return [recording for recording in self.data.index.recordings if recording.name in wanted]

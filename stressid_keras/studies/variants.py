"""Students distilled in several ways, on the folds of a cross-validation whose teachers and controls they share."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from stressid_keras.config import DistillationConfig
from stressid_keras.provenance import file_fingerprint, write_json
from stressid_keras.reporting import FIGURES
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.cross_validation import CrossValidation, alone
from stressid_keras.workflow.data import prepare
from stressid_keras.workflow.evaluation_stage import SCORING_VERSION
from stressid_keras.workflow.imitation.cross_fitted import teachers_before
from stressid_keras.workflow.imitation.imitated import imitated
from stressid_keras.workflow.part_windows import measured, network_outputs, part_rows, predictions_of
from stressid_keras.workflow.scoring import train_rows
from stressid_keras.workflow.split_results import SplitResults
from stressid_keras.workflow.stage import Stage, read_record, read_result
from stressid_keras.workflow.student_stages import distil_student, distil_variant, train_control
from stressid_keras.workflow.teacher_stages import train_teacher
from stressid_keras.workflow.training import load_trained

VERSION = 3  # raised when predictions, or what is said of them, change for the same networks
CONTROL, TEACHER = "student_ce", "teacher"


class Variant(NamedTuple):
    """One way to distil."""

    label: str  # what tables call it
    distillation: DistillationConfig


class Variants:
    """Trains them, asks them about the test windows of every fold, and keeps what is made of the answers.

    The control is always among those asked. A variant that is the run's own configuration is the run's student: an
    evaluation on the same folds finds it trained, and the other way round.

    Args:
        folds: its runs; its seeds are its repeats.
        kind: the name of the folder, inside that of the run and of each fold, and of the files in it.
        variants: by the name of the model, which begins with `student`.
        with_teacher: also ask the teacher, whole and with modalities missing.
    """

    def __init__(
        self, folds: CrossValidation, kind: str, variants: dict[str, Variant], with_teacher: bool = False
    ):
        self.folds = folds
        self.context = folds.context
        self.kind = kind
        modalities = folds.context.config.dataset.teacher_modalities
        self.variants = {
            model: Variant(label, distillation.of_teacher(modalities))
            for model, (label, distillation) in variants.items()
        }
        self.with_teacher = with_teacher
        self.folder = folds.context.output_dir / kind
        self.files = (f"{kind}.csv", f"{kind}.json", f"{kind}.html", "predictions.csv")

    @property
    def labels(self) -> dict[str, str]:
        return {model: variant.label for model, variant in self.variants.items()}

    def evaluate(self, score: Callable, write_report: Callable[[Path, dict], list[str]]) -> dict:
        """Train what is missing and score all of it; the content of `<kind>.json`.

        Args:
            score: called with the predictions, the training rows of all folds, the labels of the variants, the names of
                the classes, the seed, and the seconds that training a model took, on average; gives JSON values.
            write_report: called with the folder and those values; leaves `<kind>.csv`, `<kind>.html` and the figures
                as files, whose names it returns.
        """
        with self.context.writing():
            return self._evaluate(score, write_report)

    def _evaluate(self, score: Callable, write_report: Callable) -> dict:
        results = self.folds.split_results()
        distillations = {model: variant.distillation for model, variant in self.variants.items()}
        if any(distillation.takes_measures for distillation in distillations.values()):
            measured(self.context)  # once, rather than by the first fold while the others wait
        before = [
            *teachers_before(distillations.values()),
            [(make_common, list(distillations.values()), self.with_teacher)],
            [(train_variant, self.kind, model, each) for model, each in distillations.items()],
        ]
        self.folds.work(
            self.kind, train_variants, results, self.kind, distillations, self.with_teacher, before=before
        )
        files = [result.folder / self.kind / "predictions.csv" for result in results]
        stage = Stage(
            self.folder,
            f"{self.kind}_record",
            {
                "predictions": [file_fingerprint(file) for file in files],
                "variants": list(self.labels.items()),
                "store": prepare(self.context).fingerprint,
                "seed": self.context.config.seed,
                "code": [VERSION, SCORING_VERSION],
            },
            self.files,
            (FIGURES,),
        )
        stage.ensure(lambda: self._score(results, score, write_report), self.context.reporter, self.kind)
        return read_result(self.folder / f"{self.kind}.json")

    def _score(self, results: list[SplitResults], score: Callable, write_report: Callable) -> dict:
        from stressid_keras import evaluation

        folders = [result.folder / self.kind for result in results]
        predictions = pd.concat(
            [
                evaluation.read_predictions(folder / "predictions.csv").assign(**result.place)
                for folder, result in zip(folders, results, strict=True)
            ],
            ignore_index=True,
        )
        seconds = [read_record(folder, "predictions")["summary"]["seconds"] for folder in folders]
        found = score(
            predictions,
            train_rows(self.context, results),
            self.labels,
            prepare(self.context).class_names,
            self.context.config.seed,
            pd.DataFrame(seconds).mean().to_dict(),
        )
        evaluation.write_predictions(self.folder / "predictions.csv", predictions)
        write_json(self.folder / f"{self.kind}.json", found)
        return {"files": write_report(self.folder, found)}


def train_variants(
    context: RunContext, kind: str, distillations: dict[str, DistillationConfig], with_teacher: bool
) -> None:
    """Train the students of one fold and ask them, in this process."""
    with alone(context):
        stages = {TEACHER: train_teacher(context)} if with_teacher else {}
        stages[CONTROL] = train_control(context)
        for model, distillation in distillations.items():
            stages[model] = train_variant(context, kind, model, distillation)
        inputs = {
            "models": {model: stage.record["outputs"] for model, stage in stages.items()},
            "store": prepare(context).fingerprint,
            "code": VERSION,
        }
        stage = Stage(context.output_dir / kind, "predictions", inputs, ("predictions.csv",))
        stage.ensure(lambda: _predict(context, stage.folder / "predictions.csv", stages), context.reporter)


def make_common(context: RunContext, distillations: list[DistillationConfig], with_teacher: bool) -> None:
    """What the students of one fold have in common: teacher, control, what they imitate."""
    with alone(context):
        if with_teacher:
            train_teacher(context)
        train_control(context)
        for distillation in distillations:
            imitated(context, distillation)


def train_variant(context: RunContext, kind: str, model: str, distillation: DistillationConfig) -> Stage:
    """One student of one fold, in a folder of its own, so that several can be trained at once."""
    if distillation == context.config.distillation:
        return distil_student(context)
    return distil_variant(context, model, distillation, f"{kind}/{model}")


def _predict(context: RunContext, path: Path, stages: dict[str, Stage]) -> dict:
    from stressid_keras import evaluation
    from stressid_keras.analysis.inspection import modality_logits

    rows, tables = part_rows(context, "test"), []
    with context.reporter.stage("predictions", len(stages)) as report:
        for done, (model, stage) in enumerate(stages.items(), start=1):
            network = load_trained(stage.folder, stage.name)
            outputs = network_outputs(context, network, rows)
            logits = {model: outputs["logits"]}
            if model == TEACHER:
                masked = modality_logits(network, outputs)
                logits |= {f"{TEACHER}_{name}": values for name, values in masked.items()}
            tables += [predictions_of(context, name, "test", rows, values) for name, values in logits.items()]
            report(done)
    evaluation.write_predictions(path, pd.concat(tables, ignore_index=True))
    return {"seconds": {model: stage.record["seconds"] for model, stage in stages.items()}}

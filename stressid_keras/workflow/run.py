"""One configuration on one tree, from the raw files to the exported student."""

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from stressid_keras.config import ExportOptions, RunConfig
from stressid_keras.dataset import SubjectSplit
from stressid_keras.store.store import PreparedStore
from stressid_keras.workflow.context import Fold, RunContext
from stressid_keras.workflow.data import prepare, split_people
from stressid_keras.workflow.evaluation_stage import evaluate
from stressid_keras.workflow.exporting.export_stage import export, export_obstacle
from stressid_keras.workflow.reporter import Reporter
from stressid_keras.workflow.stage import read_record, read_result
from stressid_keras.workflow.student_stages import distil_student, train_control
from stressid_keras.workflow.teacher_stages import train_teacher


class Run:
    """A run. Every method makes what it needs and is missing or stale, and reuses the rest.

    While a method works it holds the lock of the output folder: a second run there waits for the first. The work is
    done by the verbs of this package, functions of the run's `context`.

    Args:
        data_dir: the StressID tree, or what another adapter reads.
        prepared_dir: the prepared folder, made if need be; runs on one tree may share it.
        output_dir: where the run's own files go.
        config: every option.
        jobs: processes of the preparation.
        reporter: told what happens.
        scheduler: address of a Dask scheduler that prepares instead of processes of this machine.
        fold: the split is this `Fold` of a cross-validation.
        other_trees: other data, of which audio is heard, that the finished students are tested on, too.

    Raises, in all methods:
        StressIDError: the data cannot be used, a folder cannot be written or was removed meanwhile, or the export
            differs.
    """

    def __init__(
        self,
        data_dir: str | PathLike,
        prepared_dir: str | PathLike,
        output_dir: str | PathLike,
        config: RunConfig | None = None,
        jobs: int = 1,
        reporter: Reporter | None = None,
        scheduler: str = "",
        fold: Fold | None = None,
        other_trees: Iterable[str | PathLike] = (),
    ):
        self.context = RunContext(
            Path(data_dir),
            Path(prepared_dir),
            Path(output_dir),
            config or RunConfig(),
            jobs,
            reporter or Reporter(),
            scheduler,
            fold,
            tuple(map(Path, other_trees)),
        )

    @property
    def output_dir(self) -> Path:
        return self.context.output_dir

    @property
    def config(self) -> RunConfig:
        return self.context.config

    @property
    def store(self) -> PreparedStore:
        """The prepared windows."""
        return prepare(self.context)

    @property
    def split(self) -> SubjectSplit:
        return split_people(self.context)

    def teacher(self) -> Path:
        """Train the teacher; its `.keras` file."""
        with self.context.writing():
            return train_teacher(self.context).folder / "teacher.keras"

    def control(self) -> Path:
        """Train the student with cross-entropy alone; its `.keras` file."""
        with self.context.writing():
            return train_control(self.context).folder / "student_ce.keras"

    def student(self) -> Path:
        """Distil the student; its `.keras` file."""
        with self.context.writing():
            return distil_student(self.context).folder / "student.keras"

    def evaluate(self, thorough: bool = False) -> dict:
        """Score teacher, student, control, baselines and floors; the content of `metrics.json`.

        Args:
            thorough: also test the students' robustness and look inside them.
        """
        with self.context.writing():
            return read_result(evaluate(self.context, thorough).folder / "metrics.json")

    @property
    def export_obstacle(self) -> str:
        """Why the student cannot be exported, as a sentence; empty if it can."""
        return export_obstacle(self.context)

    def export(self, options: ExportOptions | None = None, student: Path | None = None) -> dict[str, Path]:
        """Export the student; its `.tflite` files by variant.

        Args:
            options: which files, and of which window.
            student: a `.keras` file to export in the place of the run's; tested on the people that the `split.json`
                beside it names.
        """
        with self.context.writing():
            stage = export(self.context, options, student)
            return {
                variant: stage.folder / found["file"]
                for variant, found in stage.record["summary"]["variants"].items()
            }

    def summary(self, stage: str) -> dict:
        """What a finished stage recorded about itself: `<stage>.json`, the part called summary."""
        return read_record(self.output_dir, stage)["summary"]

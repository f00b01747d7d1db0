"""One configuration on one tree, from the raw files to the exported student."""

from pathlib import Path

from stressid_keras.config import ExportOptions, RunConfig
from stressid_keras.dataset import SubjectSplit
from stressid_keras.store.store import PreparedStore
from stressid_keras.workflow.analysis import Analysis
from stressid_keras.workflow.data import RunData
from stressid_keras.workflow.reporter import Reporter
from stressid_keras.workflow.results import Results
from stressid_keras.workflow.stage import read_record, read_result
from stressid_keras.workflow.training import Training


class Run:
    """A run. Every method makes what it needs and is missing or stale, and reuses the rest.

    While a method works it holds the lock of the output folder: a second run there waits for the first.

    Args:
        data_dir: the StressID tree.
        prepared_dir: the prepared folder, made if need be; runs on one tree may share it.
        output_dir: where the run's own files go.
        config: every option.
        jobs: processes of the preparation.
        reporter: told what happens.
        scheduler: address of a Dask scheduler that prepares instead of processes of this machine.
        fold: the split is this `Fold` of a cross-validation.

    Raises, in all methods:
        StressIDError: the data cannot be used, a folder cannot be written or was removed meanwhile, or the export
            differs.
    """

    def __init__(
        self,
        data_dir,
        prepared_dir,
        output_dir,
        config=None,
        jobs=1,
        reporter=None,
        scheduler="",
        fold=None,
    ):
        self.output_dir = Path(output_dir)
        self.data = RunData(
            Path(data_dir),
            Path(prepared_dir),
            self.output_dir,
            config or RunConfig(),
            jobs,
            reporter or Reporter(),
            scheduler,
            fold,
        )
        self.training = Training(self.data)
        self.analysis = Analysis(self.training)
        self.results = Results(self.analysis)

    @property
    def config(self) -> RunConfig:
        return self.data.config

    @property
    def store(self) -> PreparedStore:
        """The prepared windows."""
        return self.data.store

    @property
    def split(self) -> SubjectSplit:
        return self.data.split

    def teacher(self) -> Path:
        """Train the teacher; its `.keras` file."""
        with self.data.writing():
            return self.training.teacher.folder / "teacher.keras"

    def control(self) -> Path:
        """Train the student with cross-entropy alone; its `.keras` file."""
        with self.data.writing():
            return self.training.control.folder / "student_ce.keras"

    def student(self) -> Path:
        """Distil the student; its `.keras` file."""
        with self.data.writing():
            return self.training.student.folder / "student.keras"

    def evaluate(self, thorough: bool = False) -> dict:
        """Score teacher, student, control, baselines and floors; the content of `metrics.json`.

        Args:
            thorough: also test the students' robustness and look inside them.
        """
        with self.data.writing():
            return read_result(self.results.evaluation(thorough).folder / "metrics.json")

    @property
    def export_obstacle(self) -> str:
        """Why the student cannot be exported, as a sentence; empty if it can."""
        return self.results.export_obstacle

    def export(self, options: ExportOptions | None = None, student: Path | None = None) -> dict[str, Path]:
        """Export the student; its `.tflite` files by variant.

        Args:
            options: which files, and of which window.
            student: a `.keras` file to export in the place of the run's; tested on the people that the `split.json`
                beside it names.
        """
        with self.data.writing():
            stage = self.results.export(options, student)
            return {
                variant: stage.folder / found["file"]
                for variant, found in stage.record["summary"]["variants"].items()
            }

    def summary(self, stage: str) -> dict:
        """What a finished stage recorded about itself: `<stage>.json`, the part called summary."""
        return read_record(self.output_dir, stage)["summary"]

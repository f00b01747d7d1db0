"""What an export reads, and what is wrong with it before anything is trained or written."""

import importlib.util
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from stressid_keras.config import EXPORT_VARIANTS, ExportOptions, RunConfig, to_dict
from stressid_keras.dataset import DatasetIndex, SubjectSplit, index_dataset
from stressid_keras.errors import DatasetError, ExportError, StressIDError
from stressid_keras.export.deployed_windows import deployed_samples, window_starts
from stressid_keras.export.metadata import file_name, hop_samples
from stressid_keras.preprocessing.speech_statistics import statistics_key
from stressid_keras.provenance import file_fingerprint, fingerprint, read_json
from stressid_keras.store.store import PreparedStore
from stressid_keras.training.keras_file import check_keras_file
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import prepare, split_people

N_UNSEEN = 100  # deployment windows of the test part, below which the validation part is compared on, too


@dataclass(frozen=True)
class ExportPlan:
    """What an export reads, as values that another process can be given."""

    student: Path
    folder: Path
    data_dir: Path
    prepared_dir: Path
    config: RunConfig
    split: SubjectSplit
    options: ExportOptions

    @property
    def stage_name(self) -> str:
        return export_name(self.student)

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(self._file(variant) for variant in self.options.variants)

    @cached_property
    def store(self) -> PreparedStore:
        return PreparedStore.open(self.prepared_dir)

    @cached_property
    def index(self) -> DatasetIndex:
        return index_dataset(self.data_dir, self.config.dataset)

    @cached_property
    def calibration_store(self) -> PreparedStore:
        """Raises DatasetError if the folder of `options.calibration` is not a prepared one."""
        return PreparedStore.open(Path(self.options.calibration)) if self.options.calibration else self.store

    @cached_property
    def samples(self) -> int:
        """Length of the deployed window."""
        rate = self.config.preparation.audio.sample_rate
        return deployed_samples(self.longest_seconds, self.options.seconds, rate)

    @property
    def longest_seconds(self) -> float:
        """Of the training windows."""
        return float(self.store.manifest["audio_seconds"][self.store.complete].max())

    @cached_property
    def unseen_parts(self) -> tuple[str, ...]:
        """What files are compared on: the test part, and the validation part if that makes few deployment windows."""
        rate, hop = self.config.preparation.audio.sample_rate, hop_samples(self.samples)
        seconds = self.store.manifest["audio_seconds"].to_numpy()[self.rows("test")]
        count = sum(len(window_starts(round(s * rate), self.samples, hop)) for s in seconds)
        return ("test",) if count >= N_UNSEEN else ("test", "val")

    @property
    def n_unseen(self) -> int:
        """Training windows of those parts."""
        return sum(len(self.rows(part)) for part in self.unseen_parts)

    def inputs(self, version: int) -> dict:
        """What decides the files."""
        heard = {"speech": statistics_key(self.store)} if self.config.student.hears_speech else {}
        return {
            "student": file_fingerprint(self.student),
            "store": self.store.fingerprint,
            "split": fingerprint(self.split.to_dict()),  # no names: the record may go along with the files
            "options": {k: v for k, v in to_dict(self.options).items() if k != "calibration"},
            "calibration": self.calibration_store.fingerprint,
            "code": version,
            **heard,
        }

    def rows(self, part: str) -> np.ndarray:
        members = self.store.manifest[self.split.unit].isin(self.split.parts[part])
        return np.flatnonzero(self.store.complete & members.to_numpy())

    def remove_files(self) -> None:
        for variant in EXPORT_VARIANTS:
            (self.folder / self._file(variant)).unlink(missing_ok=True)

    def _file(self, variant: str) -> str:
        return file_name(self.student.stem, variant)


def export_name(student: Path) -> str:
    """Of the stage that exports a student, and so of its record."""
    return "export" if student.stem == "student" else f"export_{student.stem}"


def plan_export(context: RunContext, options: ExportOptions, student: Path | None = None) -> ExportPlan:
    """The plan for the run's student, or for a file, which is tested on the people that its own folder names.

    Raises:
        DatasetError: the calibration folder is not a prepared one, there is no `split.json` beside the student, it
            was changed since the training, or nobody of its test part is in the data.
        ExportError: the file is no `.keras` file or was changed since the training, a package that a variant needs is
            not installed, or the calibration folder holds other log-mels than the student hears.
    """
    if student is not None:
        student = Path(student)
        check_keras_file(student)
        _check_unchanged(student, student.with_suffix(".json"), ExportError)
        _check_unchanged(student.parent / "split.json", student.parent / "split_record.json", DatasetError)
    if {"fp16", "int8"} & set(options.variants) and importlib.util.find_spec("ai_edge_quantizer") is None:
        raise ExportError(
            "ai-edge-quantizer is not installed, which the variants fp16 and int8 need; install it with "
            "pip install ai-edge-quantizer, or export --variants float32 mediapipe."
        )
    if options.calibration:
        _check_calibration(PreparedStore.open(Path(options.calibration)), context.config)
    # Of a file, the people that it was not trained on stand beside it; the run's own options may name others.
    split = None if student is None else SubjectSplit.load(student.parent / "split.json")
    student = context.output_dir / "student.keras" if student is None else student
    plan = ExportPlan(
        student,
        context.output_dir,
        context.data_dir.resolve(),
        prepare(context).path.resolve(),
        context.config,
        split or split_people(context),
        options,
    )
    if not len(plan.rows("test")):
        raise DatasetError(
            f"{student.parent / 'split.json'} tests on people of whom {context.data_dir} has no complete window; "
            "expected the tree that the student was trained on."
        )
    _warn_of_strangers(plan, context)
    trained = _recorded(student.parent / "split_record.json", "inputs").get("windows")
    if trained not in (None, plan.store.windows_fingerprint):
        context.reporter.warn(
            f"{student} was trained on other windows than those of {context.data_dir}, on which it is tested here."
        )
    return plan


def _check_unchanged(path: Path, record: Path, error: type[StressIDError]) -> None:
    """Raises `error` if a run's record beside the file, of whatever version, says that it wrote another one."""
    written = _recorded(record, "outputs").get(path.name)
    if path.is_file() and written not in (None, file_fingerprint(path)):
        raise error(
            f"{path} is not the file that {record.name} beside it is the record of; expected both as the run left "
            f"them: copy them again, or train anew."
        )


def _recorded(record: Path, entry: str) -> dict:
    values = read_json(record)
    found = values.get(entry) if isinstance(values, dict) else None
    return found if isinstance(found, dict) else {}


def _warn_of_strangers(plan: ExportPlan, context: RunContext) -> None:
    known = set(plan.store.manifest[plan.split.unit])
    unknown = [
        name for part in ("train", "val", "test") for name in plan.split.parts[part] if name not in known
    ]
    if unknown:
        context.reporter.warn(
            f"{plan.student.parent / 'split.json'} names {len(unknown)} {plan.split.unit}s of whom "
            f"{context.data_dir} has no window, the first {unknown[0]}; they are left out."
        )


def _check_calibration(store: PreparedStore, config: RunConfig) -> None:
    found, expected = store.config.audio, config.preparation.audio
    if found != expected:
        raise ExportError(
            f"{store.path} was prepared with other log-mels ({found}) than the student hears ({expected}); "
            "expected a folder that was prepared as the student's."
        )

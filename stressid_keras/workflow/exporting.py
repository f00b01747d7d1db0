"""From a run's data and a `.keras` file to the exported files: which windows set ranges, choose and check."""

import importlib.util
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from stressid_keras.config import EXPORT_VARIANTS, ExportOptions, RunConfig, to_dict
from stressid_keras.dataset import SubjectSplit
from stressid_keras.errors import DatasetError, ExportError
from stressid_keras.export.metadata import file_name, hop_samples
from stressid_keras.preprocessing import PreparedStore
from stressid_keras.provenance import file_fingerprint, fingerprint, package_versions, read_json, versions
from stressid_keras.workflow.data import RunData

CONVERTERS = ("ai-edge-litert", "ai-edge-quantizer")


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
        return "export" if self.student.stem == "student" else f"export_{self.student.stem}"

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(self._file(variant) for variant in self.options.variants)

    @cached_property
    def store(self) -> PreparedStore:
        return PreparedStore.open(self.prepared_dir)

    @cached_property
    def calibration_store(self) -> PreparedStore:
        """Raises DatasetError if the folder of `options.calibration` is not a prepared one."""
        return PreparedStore.open(Path(self.options.calibration)) if self.options.calibration else self.store

    @property
    def n_unseen(self) -> int:
        return len(self.rows("test"))

    def inputs(self, version: int) -> dict:
        """What decides the files."""
        return {
            "student": file_fingerprint(self.student),
            "store": self.store.fingerprint,
            "split": fingerprint(self.split.to_dict()),  # no names: the record may go along with the files
            "options": {k: v for k, v in to_dict(self.options).items() if k != "calibration"},
            "calibration": self.calibration_store.fingerprint,
            "code": version,
        }

    def rows(self, part: str) -> np.ndarray:
        members = self.store.manifest[self.split.unit].isin(self.split.parts[part])
        return np.flatnonzero(self.store.complete & members.to_numpy())

    def remove_files(self) -> None:
        for variant in EXPORT_VARIANTS:
            (self.folder / self._file(variant)).unlink(missing_ok=True)

    def _file(self, variant: str) -> str:
        return file_name(self.student.stem, variant)


def plan_export(data: RunData, options: ExportOptions, student: Path | None = None) -> ExportPlan:
    """The plan for the run's student, or for a file, which is tested on the people that its own folder names.

    Raises:
        DatasetError: the calibration folder is not a prepared one, there is no `split.json` beside the student, or
            nobody of its test part is in the data.
        ExportError: the file is no `.keras` file, a package that a variant needs is not installed, or the
            calibration folder holds other log-mels than the student hears.
    """
    if student is not None:
        check_keras_file(student)
    if {"fp16", "int8"} & set(options.variants) and importlib.util.find_spec("ai_edge_quantizer") is None:
        raise ExportError(
            "ai-edge-quantizer is not installed, which the variants fp16 and int8 need; install it with "
            "pip install ai-edge-quantizer, or export --variants float32 mediapipe."
        )
    if options.calibration:
        _check_calibration(PreparedStore.open(Path(options.calibration)), data.config)
    # Of a file, the people that it was not trained on stand beside it; the run's own options may name others.
    split = None if student is None else SubjectSplit.load(Path(student).parent / "split.json")
    student = data.output_dir / "student.keras" if student is None else Path(student)
    plan = ExportPlan(
        student,
        data.output_dir,
        data.data_dir.resolve(),
        data.store.path.resolve(),
        data.config,
        split or data.split,
        options,
    )
    if not len(plan.rows("test")):
        raise DatasetError(
            f"{student.parent / 'split.json'} tests on people of whom {data.data_dir} has no complete window; "
            "expected the tree that the student was trained on."
        )
    trained = (read_json(student.parent / "split_record.json") or {}).get("inputs", {}).get("windows")
    if trained not in (None, plan.store.windows_fingerprint):
        data.reporter.warn(
            f"{student} was trained on other windows than those of {data.data_dir}, on which it is tested here."
        )
    return plan


def check_keras_file(path: Path) -> None:
    """Raises ExportError if the file is absent or no `.keras` file: before its name decides what is written."""
    path = Path(path)
    if not path.is_file():
        raise ExportError(f"{path} is missing; expected a student's .keras file.")
    names = set()
    if zipfile.is_zipfile(path):  # as an exported .tflite is, too
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    if not {"config.json", "metadata.json"} <= names:
        raise ExportError(f"{path} is not a .keras file; expected a student.keras.")


def _check_calibration(store: PreparedStore, config: RunConfig) -> None:
    found, expected = store.config.audio, config.preparation.audio
    if found != expected:
        raise ExportError(
            f"{store.path} was prepared with other log-mels ({found}) than the student hears ({expected}); "
            "expected a folder that was prepared as the student's."
        )


def write_files(plan: ExportPlan, progress=None) -> dict:
    """Write the files of a plan; the summary that `export.json` keeps. Keras must run on TensorFlow."""
    from stressid_keras.export.student_file import file_sha256, load_student
    from stressid_keras.export.student_files import Deployment, export_student
    from stressid_keras.export.windows import deployed_samples
    from stressid_keras.workflow.export_windows import ExportWindows

    store, audio = plan.store, plan.config.preparation.audio
    student = load_student(plan.student, audio.n_mels, len(store.class_names))
    longest = float(store.manifest["audio_seconds"][store.complete].max())
    samples = deployed_samples(longest, plan.options.seconds, audio.sample_rate)
    windows = ExportWindows(plan, samples)
    facts = _facts(plan)
    deployment = Deployment(
        plan.student.stem,
        student,
        audio,
        samples,
        store.class_names,
        {
            **facts,
            "versions": {**versions(), **package_versions(CONVERTERS)},
            "seed": plan.config.seed,
            "student": file_sha256(plan.student),
        },
        _card(plan),
    )
    whole = _whole_windows(plan, student)
    report = export_student(
        deployment,
        plan.folder,
        plan.options.variants,
        windows.calibration() if "int8" in plan.options.variants else [],
        windows.validation() if "int8" in plan.options.variants else [],
        windows,
        progress,
    )
    return {
        "class_names": list(store.class_names),
        "sample_rate": audio.sample_rate,
        "samples": samples,
        "seconds": samples / audio.sample_rate,
        "hop_seconds": hop_samples(samples) / audio.sample_rate,
        "training_seconds": longest,
        "accuracy": {"training_windows": whole, "deployment_windows": report.pop("deployment_windows")},
        **report,
    }


def _whole_windows(plan: ExportPlan, student) -> dict:
    """Macro F1 of the student on whole training windows of the test part, as it was validated."""
    from stressid_keras.evaluation.predictions import predictions_table
    from stressid_keras.export.scores import macro_f1
    from stressid_keras.pipeline import make_dataset
    from stressid_keras.workflow.analysis import class_probabilities

    rows, names = plan.rows("test"), plan.store.class_names
    batches = make_dataset(plan.store, rows, ("audio",), plan.config.pipeline)
    probabilities = class_probabilities(student.predict(batches, verbose=0)["logits"])
    return macro_f1(
        predictions_table("student", "test", plan.store.manifest.iloc[rows], probabilities, names), names
    )


def _facts(plan: ExportPlan) -> dict[str, str]:
    from stressid_keras.dataset.synthetic import is_generated
    from stressid_keras.evaluation.card_texts import CODE_LICENCE, SYNTHETIC_LICENCE
    from stressid_keras.evaluation.model_card import data_licence

    generated, name = is_generated(plan.data_dir), plan.data_dir.name
    licence = SYNTHETIC_LICENCE if generated else data_licence(name)
    return {
        "training_data": "A generated sample; nobody was recorded." if generated else name,
        "licence": f"The model inherits the licence of the data that it was trained on. {licence} {CODE_LICENCE}",
    }


def _card(plan: ExportPlan) -> str:
    from stressid_keras.evaluation.texts import RESEARCH_ONLY

    return (
        f"Stress from speech: a probability for each of {', '.join(plan.store.class_names)}, by a network that "
        f"hears the voice alone. {RESEARCH_ONLY}"
    )

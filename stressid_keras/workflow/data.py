"""The data of a run: index, prepared windows, split, and batches of them."""

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stressid_keras.config import Jobs, RunConfig, to_dict
from stressid_keras.dataset import DatasetIndex, SubjectSplit, index_dataset, split_subjects, subject_folds
from stressid_keras.dataset.adapters import adapter_of
from stressid_keras.errors import StaleError, StressIDError
from stressid_keras.preprocessing import prepare_dataset
from stressid_keras.ranges import checked
from stressid_keras.store.store import PreparedStore
from stressid_keras.system.locking import RUN_LOCK, exclusive
from stressid_keras.workflow.reporter import Reporter
from stressid_keras.workflow.stage import Stage


class Fold(NamedTuple):
    """One of the splits of a cross-validation."""

    index: int  # from 0
    count: int
    unit: str = "subject"  # "recording": people are in several parts, to show what such a split pretends


class RunData:
    """Each property makes what is missing or stale, once; arguments as for `Run`."""

    def __init__(
        self,
        data_dir: Path,
        prepared_dir: Path,
        output_dir: Path,
        config: RunConfig,
        jobs: int,
        reporter: Reporter,
        scheduler: str = "",
        fold: Fold | None = None,
    ):
        _refuse_among_recordings(data_dir, {"prepared windows": prepared_dir, "results": output_dir})
        self.data_dir = data_dir
        self.prepared_dir = prepared_dir
        self.output_dir = output_dir
        self.config = config
        self.jobs = checked(Jobs, jobs, "jobs")
        self.reporter = reporter
        self.scheduler = scheduler
        self.fold = fold

    @cached_property
    def index(self) -> DatasetIndex:
        index = index_dataset(self.data_dir, self.config.dataset)
        for warning in index.warnings:
            self.reporter.warn(warning)
        return index

    @cached_property
    def store(self) -> PreparedStore:
        """The prepared windows."""
        worked, inspecting = False, None
        with (
            contextlib.ExitStack() as inspection,
            self.reporter.stage("prepare", len(self.index.recordings)) as report,
        ):

            def inspected(done, total):
                nonlocal inspecting
                if inspecting is None:
                    inspecting = inspection.enter_context(self.reporter.stage("inspect", total))
                inspecting(done)
                if done == total:
                    inspection.close()

            def progress(done, total, failures):
                nonlocal worked
                worked = True
                report(done, {"failures": failures})

            def announce(nbytes):
                size = f"{nbytes / 2**20:.0f} MiB" if nbytes >= 2**20 else f"{nbytes / 2**10:.0f} KiB"
                self.reporter.say(
                    f"prepare: about {size} in {self.prepared_dir}, and as much again while it works"
                )

            store = prepare_dataset(
                self.index,
                self.prepared_dir,
                self.config.preparation,
                self.jobs,
                progress,
                self.scheduler,
                announce,
                inspected,
            )
        if not worked:
            self.reporter.reused("prepare", [store.path / "manifest.csv"])
        if refused := store.failures["recording"].nunique():
            self.reporter.warn(
                f"{refused} recordings have a modality that cannot be used; "
                f"{store.path / 'failures.csv'} says why."
            )
        if lengths := store.notes.get("lengths"):
            name, found = next(iter(lengths.items()))
            self.reporter.warn(
                f"{len(lengths)} recordings have files of different lengths, such as {name} ({found}); "
                f"{store.path / 'prepare.json'} lists them."
            )
        return store

    @cached_property
    def split(self) -> SubjectSplit:
        """The subjects of each part: written to `split.json` once, and read from there."""
        with self.writing():
            return self._current_split()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock of the output folder; whoever holds it may ask again.

        Raises:
            StressIDError: the folder cannot be written, or was removed meanwhile.
        """
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(exclusive(self.output_dir, RUN_LOCK))
            except OSError as error:
                raise StressIDError(
                    f"{self.output_dir} cannot be written ({error.strerror}); choose another output folder."
                ) from None
            yield

    def _current_split(self) -> SubjectSplit:
        stage = Stage(
            self.output_dir,
            "split_record",
            {
                "windows": self.store.windows_fingerprint,
                "classes": len(self.store.class_names),
                "dataset": {k: v for k, v in to_dict(self.config.dataset).items() if k != "class_names"},
                "seed": self.config.seed,
                "fold": None if self.fold is None else list(self.fold),
            },
            ("split.json",),
        )
        path = self.output_dir / "split.json"
        if stage.is_current():
            self.reporter.reused("split", [path])
        else:
            stage.run(lambda: self._make_split().save(path))
        return SubjectSplit.load(path)  # which asserts that no subject is in two parts

    @cached_property
    def baseline_features(self):
        """Hand-crafted features of the complete windows, computed once for a prepared folder."""
        from stressid_keras.analysis import baselines

        with contextlib.suppress(StaleError):
            return baselines.load_features(self.store)
        recordings = self.store.manifest["recording"][self.store.complete].nunique()
        with self.reporter.stage("baseline features", recordings) as report:
            return baselines.load_or_compute(
                self.index, self.store, self.jobs, lambda done, total: report(done)
            )

    def rows(self, part: str) -> np.ndarray:
        """Rows of the manifest that a part of the split holds; only complete windows."""
        return self._rows(self.split.parts[part], self.store.complete)

    def teacher_rows(self, part: str) -> np.ndarray:
        """Rows that the teacher learns from or is validated on: as the student, or also those without audio."""
        if self.config.dataset.teacher_recordings == "complete":
            return self.rows(part)
        subjects = self.split.parts[part]
        if part == "train":
            subjects = (*subjects, *self.split.extra_train)
        return self._rows(subjects, self.store.privileged)

    def labels(self, rows) -> np.ndarray:
        return self.store.manifest["label"].to_numpy()[rows]

    def batches(self, rows, modalities, *, training=False, teacher_features=None, epoch=None, view=0):
        """Batches of `(x, y)`, a `tf.data.Dataset` or `PreparedBatches`; arguments as for `make_dataset`.

        Raises:
            StressIDError: tf.data is asked for and TensorFlow is not installed.
        """
        return self._loader(
            self.store,
            rows,
            modalities,
            self.config.pipeline,
            training=training,
            seed=self.config.seed,
            teacher_features=teacher_features,
            epoch=epoch,
            view=view,
        )

    @property
    def _loader(self):
        """The configuration's loader; on the TensorFlow backend tf.data, for Keras fixes a PyDataset's shapes there."""
        import keras

        if self.config.pipeline.loader == "numpy" and keras.backend.backend() != "tensorflow":
            from stressid_keras.batches.py_dataset import PreparedBatches

            return PreparedBatches
        try:
            from stressid_keras.batches.tf_data import make_dataset
        except ModuleNotFoundError as error:
            if error.name != "tensorflow":
                raise
            raise StressIDError(
                "TensorFlow is not installed, which loads the batches by default; choose --loader numpy, or "
                "install it with pip install tensorflow."
            ) from None
        return make_dataset

    def _rows(self, members, usable) -> np.ndarray:
        return np.flatnonzero(usable & self.store.manifest[self.split.unit].isin(members).to_numpy())

    def _make_split(self) -> SubjectSplit:
        unit = "subject" if self.fold is None else self.fold.unit
        manifest = self.store.manifest
        complete = manifest[self.store.complete]
        without_audio = set()
        if self.config.dataset.teacher_recordings == "all":
            without_audio = set(manifest[unit]) - set(complete[unit])
        rows = complete[unit], complete["label"]
        extra, config = tuple(sorted(without_audio)), self.config
        n_classes = len(self.store.class_names)
        if self.fold is None:
            return split_subjects(*rows, config.dataset, config.seed, extra, n_classes)
        dataset = config.dataset
        if unit == "recording":  # so many of one class each that the first division is as good as any
            dataset = dataclasses.replace(dataset, split_restarts=1)
        folds = subject_folds(*rows, self.fold.count, dataset, config.seed, extra, unit, n_classes)
        return folds[self.fold.index]


def _refuse_among_recordings(data_dir: Path, folders: dict[str, Path]) -> None:
    """Raises StressIDError if a folder to write to, by what it is for, is the tree's own or one of its recordings'."""
    place = Path(os.path.realpath(data_dir))  # which minds no loop of links, as Path.resolve does
    kind = adapter_of(place)
    root, kept = kind.root(place), kind.recording_folders(place)
    for purpose, folder in folders.items():
        resolved = Path(os.path.realpath(folder))
        if resolved == root or any(resolved.is_relative_to(path) for path in kept):
            raise StressIDError(
                f"{folder} is where the recordings of {data_dir} are; expected another folder for the {purpose}."
            )

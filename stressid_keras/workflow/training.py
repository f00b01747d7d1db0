"""The networks of a run: teacher, its features, control and student."""

import copy
import dataclasses
from functools import cached_property
from pathlib import Path

import numpy as np

from stressid_keras.batches.batch_plan import EpochCounter, padded_share
from stressid_keras.config import DistillationConfig, RunConfig, TrainingConfig, to_dict
from stressid_keras.provenance import fingerprint
from stressid_keras.training.keras_file import load_network
from stressid_keras.workflow.data import RunData
from stressid_keras.workflow.reporter import Reporter
from stressid_keras.workflow.stage import Stage

CODE_VERSION = 3  # raised when networks or training change, so that an older model is not what one would get


class Training:
    """Each property trains a network, unless the one that is there was made from the same inputs."""

    def __init__(self, data: RunData):
        self.data = data
        self.config = data.config
        self.folder = data.output_dir
        self.reporter = data.reporter

    @cached_property
    def teacher(self) -> Stage:
        return self._train(
            "teacher",
            self._new_teacher,
            self.config.teacher_training,
            {"network": to_dict(self.config.teacher)},
            self._privileged,
            {part: self.data.teacher_rows(part) for part in ("train", "val")},
        )

    @cached_property
    def control(self) -> Stage:
        """The same student from the same seed, with cross-entropy alone."""
        return self._train(
            "student_ce",
            self._new_control,
            self.config.student_training,
            {"network": to_dict(self.config.student)},
            ("audio",),
            self._student_rows,
        )

    @cached_property
    def student(self) -> Stage:
        """The student, distilled from the teacher's stored features."""
        return self._distil("student", self.config.distillation)

    def variant(self, name: str, distillation: DistillationConfig, folder: str) -> Stage:
        """A student distilled in another way, from the same features and first weights, in a folder of the run's."""
        own = self.config.distillation
        same = {option: getattr(own, option) for option in ("feature_dtype", "feature_views")}
        return self._distil(name, dataclasses.replace(distillation, **same), self.folder / folder)

    def student_of(self, config: RunConfig, folder: str) -> Stage:
        """The student that the run would distil if it had this configuration, quietly, in a folder of the run's.

        Args:
            config: differs from the run's in `student`, `student_training` and `distillation` alone: data and teacher
                are the run's.
        """
        self.teacher_features  # noqa: B018  made by the run, not by a copy of it
        other = copy.copy(self)
        other.config, other.reporter = config, Reporter()
        return other._distil("student", config.distillation, self.folder / folder)

    @property
    def stages(self) -> dict[str, Stage]:
        """All three, in the order in which they are trained, by the name of their file."""
        return {"teacher": self.teacher, "student_ce": self.control, "student": self.student}

    @cached_property
    def teacher_features(self) -> dict[str, dict[str, np.ndarray]]:
        """The frozen teacher's outputs of the student's windows, by part and name, from the stored files.

        (n, d); of the training part (n, 1 + views, d) if augmented views are stored, too.
        """
        from stressid_keras.distillation import load_teacher_features

        parts = self._student_rows
        plain = self._stored_features("teacher_features", np.concatenate(list(parts.values())), 0)
        stored = {part: load_teacher_features(*plain, rows) for part, rows in parts.items()}
        if views := self.config.distillation.feature_views:
            augmented = self._stored_features("teacher_views", parts["train"], views)
            for name, values in load_teacher_features(*augmented, parts["train"]).items():
                stored["train"][name] = np.concatenate([stored["train"][name][:, None], values], axis=1)
        return stored

    def load(self, model: str, folder: Path | None = None):
        """A trained network by the name of its stage, of this run or in another folder."""
        return load_network(
            (folder or self.folder) / f"{model}.keras", "the one that this run wrote: run again"
        )

    def _distil(self, name: str, distillation: DistillationConfig, folder: Path | None = None) -> Stage:
        return self._train(
            name,
            lambda: self._new_distiller(distillation),
            self.config.student_training,
            {
                "network": to_dict(self.config.student),
                "distillation": to_dict(distillation),
                "teacher": self._teacher_key,
            },
            ("audio",),
            self._student_rows,
            self.teacher_features,
            folder,
        )

    @property
    def _student_rows(self) -> dict[str, np.ndarray]:
        return {part: self.data.rows(part) for part in ("train", "val")}

    def _train(
        self,
        name,
        build,
        training: TrainingConfig,
        inputs,
        modalities,
        rows,
        features=None,
        folder: Path | None = None,
    ) -> Stage:
        inputs = {
            **inputs,
            "training": _without(training, "tensorboard"),
            "pipeline": _without(self.config.pipeline, "loader", "cache", "workers"),
            "windows": self.data.store.windows_fingerprint,
            "rows": {part: fingerprint(some.tolist()) for part, some in rows.items()},
            "split": self.data.split.to_dict(),
            "seed": self.config.seed,
            "code": CODE_VERSION,
        }
        stage = Stage(folder or self.folder, name, inputs, (f"{name}.keras", f"history_{name}.csv"))
        if stage.is_current():
            self.reporter.reused(name, [stage.folder / f"{name}.keras"])
        else:
            stage.run(lambda: self._fit(stage, build, training, modalities, rows, features or {}))
        return stage

    def _fit(self, stage: Stage, build, training, modalities, rows, features) -> dict:
        import keras

        from stressid_keras.training.fit import fit

        name, folder, epoch = stage.name, stage.folder, EpochCounter()
        keras.utils.set_random_seed(self.config.seed)  # control and student start from the same weights
        batches = self.data.batches
        train = rows["train"]
        share = padded_share(self.data.store, train, modalities, self.config.pipeline, self.config.seed)
        self.reporter.say(f"{name}: {len(train)} windows, {share:.1%} of the numbers in a batch are padding")
        with self.reporter.stage(name, training.epochs) as report:
            summary = fit(
                build(),
                batches(
                    train, modalities, training=True, teacher_features=features.get("train"), epoch=epoch
                ),
                batches(rows["val"], modalities, teacher_features=features.get("val")),
                self.data.labels(train),
                training,
                checkpoint=folder / f"{name}.keras",
                history=folder / f"history_{name}.csv",
                tensorboard=folder / "tensorboard" / name if training.tensorboard else None,
                progress=report,
                epoch=epoch,
                resume_key=stage.fingerprint,
            )
        return {**summary, "padded_share": round(share, 4)}

    def _stored_features(self, name: str, rows, views: int) -> tuple[Path, str]:
        """File and key of the teacher's outputs, of `views` augmented views or, at 0, of the windows as they are."""
        path, dtype = self.folder / f"{name}.npz", self.config.distillation.feature_dtype
        augmentation = to_dict(self.config.pipeline.augmentation)
        changes = [views, augmentation, self.config.seed, CODE_VERSION] if views else []
        key = fingerprint(self._teacher_key, dtype, *changes)
        stage = Stage(self.folder, name, {"key": key, "rows": fingerprint(rows.tolist())}, (path.name,))
        if stage.is_current():
            self.reporter.reused(name.replace("_", " "), [path])
        else:
            stage.run(lambda: self._store_features(path, key, rows, views))
        return path, key

    def _store_features(self, path: Path, key: str, rows, views: int) -> None:
        from stressid_keras import distillation

        teacher, batches = self.load("teacher"), self.data.batches
        with self.reporter.stage(
            path.stem.replace("_", " "), views or -(-len(rows) // self.config.pipeline.batch_size)
        ) as report:
            if views:
                features = distillation.compute_teacher_views(
                    teacher, lambda view: batches(rows, self._privileged, view=view), views, report
                )
            else:
                features = distillation.compute_teacher_features(
                    teacher, batches(rows, self._privileged), report
                )
        distillation.save_teacher_features(path, key, rows, features, self.config.distillation.feature_dtype)

    @property
    def _privileged(self) -> tuple[str, ...]:
        return self.config.dataset.teacher_modalities

    @cached_property
    def _teacher_key(self) -> str:
        """Identity of the teacher's file and the data: what its features depend on."""
        return fingerprint(
            self.teacher.record["outputs"]["teacher.keras"], self.data.store.windows_fingerprint
        )

    def _new_teacher(self):
        from stressid_keras.models import build_teacher
        from stressid_keras.training.classifier import Classifier

        network = build_teacher(len(self.data.store.class_names), self.config.teacher, self._privileged)
        return Classifier(network, label_smoothing=self.config.teacher_training.label_smoothing)

    def _new_control(self):
        from stressid_keras.training.classifier import Classifier

        return Classifier(self._new_student(), label_smoothing=self.config.student_training.label_smoothing)

    def _new_distiller(self, distillation: DistillationConfig):
        from stressid_keras.distillation import build_distiller

        return build_distiller(
            self._new_student(),
            distillation,
            self.teacher_features["train"],
            label_smoothing=self.config.student_training.label_smoothing,
        )

    def _new_student(self):
        from stressid_keras.models import build_student

        n_classes, n_mels = len(self.data.store.class_names), self.config.preparation.audio.n_mels
        return build_student(n_classes, n_mels, self.config.student)


def _without(config, *options: str) -> dict:
    """A configuration less the options that do not change what is learnt."""
    return {name: value for name, value in to_dict(config).items() if name not in options}

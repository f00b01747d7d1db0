"""The teacher of a run, and the features that students are distilled from."""

from pathlib import Path

import numpy as np

from stressid_keras.config import to_dict
from stressid_keras.provenance import fingerprint
from stressid_keras.workflow.context import RunContext, verb
from stressid_keras.workflow.data import prepare
from stressid_keras.workflow.part_windows import batches, inputs_of, part_rows, teacher_rows
from stressid_keras.workflow.plans import teacher_plan
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.training import CODE_VERSION, load_trained, train_network


@verb
def train_teacher(context: RunContext) -> Stage:
    """`teacher.keras`."""
    rows = {part: teacher_rows(context, part) for part in ("train", "val")}
    return train_network(context, teacher_plan(context, rows), context.common)


@verb
def compute_teacher_features(context: RunContext) -> dict[str, dict[str, np.ndarray]]:
    """The frozen teacher's outputs of the student's windows, by part and name, from the stored files.

    (n, d); of the training part (n, 1 + views, d) if augmented views are stored, too.
    """
    from stressid_keras.distillation import load_teacher_features

    parts = student_rows(context)
    plain = _stored(context, "teacher_features", np.concatenate(list(parts.values())), 0)
    stored = {part: load_teacher_features(*plain, rows) for part, rows in parts.items()}
    if views := context.config.distillation.feature_views:
        augmented = _stored(context, "teacher_views", parts["train"], views)
        for name, values in load_teacher_features(*augmented, parts["train"]).items():
            stored["train"][name] = np.concatenate([stored["train"][name][:, None], values], axis=1)
    return stored


def teacher_key(context: RunContext) -> str:
    """Identity of the teacher's file and the data: what its features depend on."""
    return fingerprint(
        train_teacher(context).record["outputs"]["teacher.keras"], prepare(context).windows_fingerprint
    )


def student_rows(context: RunContext) -> dict[str, np.ndarray]:
    """Rows that students learn from and are validated on."""
    return {part: part_rows(context, part) for part in ("train", "val")}


def _stored(context: RunContext, name: str, rows: np.ndarray, views: int) -> tuple[Path, str]:
    """File and key of the teacher's outputs, of `views` augmented views or, at 0, of the windows as they are."""
    config, path = context.config, context.common / f"{name}.npz"
    augmentation = to_dict(config.pipeline.augmentation)
    changes = [views, augmentation, config.seed, CODE_VERSION] if views else []
    key = fingerprint(teacher_key(context), config.distillation.feature_dtype, *changes)
    stage = Stage(context.common, name, {"key": key, "rows": fingerprint(rows.tolist())}, (path.name,))
    stage.ensure(lambda: _store(context, path, key, rows, views), context.reporter, name.replace("_", " "))
    return path, key


def _store(context: RunContext, path: Path, key: str, rows: np.ndarray, views: int) -> None:
    from stressid_keras import distillation

    teacher, config = load_trained(context.common, "teacher"), context.config

    def ask(view=0):
        return batches(context, rows, inputs_of(teacher), view=view)

    steps = views or -(-len(rows) // config.pipeline.batch_size)
    with context.reporter.stage(path.stem.replace("_", " "), steps) as report:
        if views:
            features = distillation.compute_teacher_views(teacher, ask, views, report)
        else:
            features = distillation.compute_teacher_features(teacher, ask(), report)
    distillation.save_teacher_features(path, key, rows, features, config.distillation.feature_dtype)

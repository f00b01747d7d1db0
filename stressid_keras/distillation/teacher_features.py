"""A teacher's features, computed once and stored, so that a distillation step costs what a student step costs.

A window's features may be stored several times: as it is, and of augmented views of it (after FKD: Shen and Xing, "A
Fast Knowledge Distillation Framework for Visual Recognition", ECCV 2022). A view changes what the teacher sees, video
and signals; the student's own augmentation is of its audio and drawn anew in every epoch, independently of the view.
"""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from stressid_keras.errors import StaleError, StressIDError
from stressid_keras.store.sealed_arrays import read_arrays, write_arrays


def compute_teacher_features(teacher: keras.Model, dataset, progress=None) -> dict[str, np.ndarray]:
    """Run the teacher, in inference mode, over a dataset of its inputs.

    Args:
        teacher: model whose outputs are `logits` and features by name.
        dataset: batches `(x, y)` in the order that the features are to have.
        progress: called with the number of batches done.

    Returns:
        by name, float32 (n, d); `logits` among them.
    """
    done = keras.callbacks.LambdaCallback(on_predict_batch_end=lambda batch, logs: progress(batch + 1))
    features = teacher.predict(dataset, verbose=0, callbacks=[done] if progress else None)
    return {name: np.asarray(values, "float32") for name, values in features.items()}


def compute_teacher_views(
    teacher: keras.Model, view_batches: Callable[[int], object], views: int, progress=None
) -> dict[str, np.ndarray]:
    """The features of the views 1 to `views` of every sample.

    Args:
        view_batches: from the number of a view to its dataset, as for `compute_teacher_features`.
        progress: called with the number of views done.

    Returns:
        by name, float32 (n, views, d).
    """
    found = []
    for view in range(1, views + 1):
        found.append(compute_teacher_features(teacher, view_batches(view)))
        if progress:
            progress(view)
    return {name: np.stack([features[name] for features in found], axis=1) for name in found[0]}


def save_teacher_features(
    path: Path, key: str, rows, features: dict[str, np.ndarray], dtype: str = "float32"
) -> None:
    """Store features with the rows of the manifest they belong to.

    Args:
        key: fingerprint of everything they were computed from.
        rows: int (n,).
        features: by name (n, d) or (n, views, d).
        dtype: "float32"; or "float16", three digits in half the space.

    Raises:
        StressIDError: a feature is not finite, or beyond what the dtype can hold, 65504 for float16.
    """
    stored = {name: np.asarray(values) for name, values in features.items()}
    for name, values in stored.items():
        if not np.isfinite(values).all():
            raise StressIDError(f"the teacher's {name!r} is not finite everywhere; train the teacher again.")
        if np.abs(values).max(initial=0.0) > np.finfo(dtype).max:
            raise StressIDError(
                f"the teacher's {name!r} goes up to {np.abs(values).max():.3g}, more than {dtype} holds "
                f"({np.finfo(dtype).max:g}); store it as float32."
            )
    arrays = {name: values.astype(dtype) for name, values in stored.items()}
    write_arrays(path, {"key": np.array(key), "rows": np.asarray(rows, "int64"), **arrays})


def load_teacher_features(path: Path, key: str, rows) -> dict[str, np.ndarray]:
    """The stored features of some rows, in their order and as they were stored.

    Raises:
        StaleError: the file is missing, damaged, was changed, was made from something else, or lacks one of the rows.
    """
    stored = read_arrays(path)
    if stored is None:
        raise StaleError(f"{path} is missing, damaged or was changed; compute the features again.")
    if str(stored.pop("key")) != key:
        raise StaleError(
            f"{path} was made by another teacher or from other data; compute the features again."
        )
    place = {int(row): index for index, row in enumerate(stored.pop("rows"))}
    missing = [int(row) for row in rows if int(row) not in place]
    if missing:
        raise StaleError(f"{path} has no features of row {missing[0]}; compute the features again.")
    order = [place[int(row)] for row in rows]
    return {name: values[order] for name, values in stored.items()}

"""A teacher's features, computed once and stored, so that a distillation step costs what a student step costs."""

from pathlib import Path

import keras
import numpy as np

from stressid_keras.errors import StaleError
from stressid_keras.provenance import atomic_path


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


def save_teacher_features(path: Path, key: str, rows, features: dict[str, np.ndarray]) -> None:
    """Store features with the rows of the manifest they belong to.

    Args:
        key: fingerprint of everything they were computed from.
        rows: int (n,).
        features: by name (n, d).
    """
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, key=np.array(key), rows=np.asarray(rows, "int64"), **features)


def load_teacher_features(path: Path, key: str, rows) -> dict[str, np.ndarray]:
    """The stored features of some rows, in their order.

    Raises:
        StaleError: the file was made from something else, or lacks one of the rows.
    """
    with np.load(path) as file:
        stored = dict(file)
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

"""The table behind every score: one row per model and window, kept as `predictions.csv`.

Columns: `model` (see `models`), `split` (train, val or test), `recording`, `subject`,
`task`, `window`, `label`, `predicted` and one probability column `p_<ClassName>` per class, in the order
of the label's integers. A cross-validation adds `repeat` and `fold`, both from 0; a test of robustness
`corruption`, `level` and `silent`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from stressid_keras.errors import DatasetError, StressIDError
from stressid_keras.evaluation.models import is_known
from stressid_keras.provenance import atomic_path

SPLITS = ("train", "val", "test")
NAMES = ("recording", "subject", "task")  # text, although a subject may be called 0012 or 2e45
ROUNDING = 1e-3  # of the sum of a row's probabilities, float32 each
COLUMNS = ("model", "split", *NAMES, "window", "label", "predicted")


def predictions_table(
    model: str, split: str, manifest_rows: pd.DataFrame, probabilities: np.ndarray, class_names: Sequence[str]
) -> pd.DataFrame:
    """The predictions of one model on the windows of one split.

    Args:
        model: a network or a baseline, see `models.is_known`.
        split: one of `SPLITS`.
        manifest_rows: n rows with `recording`, `subject`, `task`, `window` and `label`.
        probabilities: (n, k), row for row those of `manifest_rows`.
        class_names: k names.

    Raises:
        StressIDError: an unknown model or split, another shape, or a probability that is not finite.
    """
    check_names([model], [split])
    probabilities = np.asarray(probabilities, dtype=np.float64)
    expected = (len(manifest_rows), len(class_names))
    if probabilities.shape != expected:
        raise StressIDError(
            f"{model} gave probabilities of shape {probabilities.shape} on {split}; expected {expected}."
        )
    broken = np.flatnonzero(~np.isfinite(probabilities).all(axis=1))
    if broken.size:
        recording = manifest_rows["recording"].iloc[broken[0]]
        raise StressIDError(
            f"{model} gave probabilities that are not finite on {broken.size} windows of {split}, "
            f"the first of {recording}."
        )
    table = pd.DataFrame({"model": model, "split": split}, index=range(len(manifest_rows)))
    for name in NAMES:
        table[name] = manifest_rows[name].astype(str).to_numpy()
    for name in ("window", "label"):
        table[name] = manifest_rows[name].to_numpy(dtype=np.int64)
    table["predicted"] = probabilities.argmax(axis=1)
    for name, column in zip(probability_columns(class_names), probabilities.T, strict=True):
        table[name] = column
    return table


def probabilities_of(predictions: pd.DataFrame, class_names: Sequence[str]) -> np.ndarray:
    """The probability columns of a predictions table, (n, k) float64."""
    return predictions[probability_columns(class_names)].to_numpy(dtype=np.float64)


def check_names(models, splits) -> None:
    """Raise StressIDError, naming the first, if one is not known."""
    for name in sorted(set(models)):
        if not is_known(name):
            raise StressIDError(f"model {name!r} is unknown; expected a network or a baseline.")
    for name in sorted(set(splits) - set(SPLITS)):
        raise StressIDError(f"split {name!r} is unknown; expected one of {', '.join(SPLITS)}.")


def prediction_columns(class_names: Sequence[str]) -> list[str]:
    return [*COLUMNS, *probability_columns(class_names)]


def probability_columns(class_names: Sequence[str]) -> list[str]:
    return [f"p_{name}" for name in class_names]


def write_predictions(path: Path, predictions: pd.DataFrame) -> None:
    with atomic_path(path) as temporary:
        predictions.to_csv(temporary, index=False)


def read_predictions(path: Path) -> pd.DataFrame:
    """A table as `write_predictions` wrote it: the same numbers to the last bit, names kept as text.

    Raises:
        DatasetError: the file is absent, a column is missing, a cell is no number where one belongs, or a row is no
            prediction: probabilities that are none, a label that is no class, a prediction that they do not favour.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        missing = [name for name in COLUMNS if name not in table]
        if missing:
            raise DatasetError(f"{path} has no column {missing[0]!r}; expected {', '.join(COLUMNS)}.")
        numbers = (
            name for name in ("repeat", "fold", "window", "label", "predicted", "silent") if name in table
        )
        types = dict.fromkeys(numbers, np.int64)
        reals = (name for name in table if name.startswith("p_") or name == "level")
        types |= dict.fromkeys(reals, np.float64)
        table = table.astype(types)
        _check_rows(path, table)
        return table
    except DatasetError:
        raise
    except (OSError, ValueError, OverflowError) as error:
        raise DatasetError(f"{path} cannot be read as a predictions table: {error}.") from error


def _check_rows(path: Path, table: pd.DataFrame) -> None:
    """Raise DatasetError, naming the first row that is no prediction; a table without rows passes."""
    if table.empty:
        return
    columns = [name for name in table if name.startswith("p_")]
    if len(columns) < 2:
        raise DatasetError(
            f"{path} has {len(columns)} columns of probabilities; expected one for each class, such as p_Low."
        )
    probabilities = table[columns].to_numpy(np.float64)
    classes = range(probabilities.shape[1])
    with np.errstate(invalid="ignore"):
        shares = (probabilities >= 0).all(axis=1) & (np.abs(probabilities.sum(axis=1) - 1) < ROUNDING)
    faults = {
        "probabilities that are not shares of 1": ~shares,
        "a label that is no class": ~table["label"].isin(classes),
        "another prediction than its probabilities favour": table["predicted"]
        != probabilities.argmax(axis=1),
    }
    for what, found in faults.items():
        if found.any():
            line = int(np.flatnonzero(found)[0]) + 2
            raise DatasetError(
                f"{path}, line {line}: found {what}; it was changed or damaged: score the run again."
            )

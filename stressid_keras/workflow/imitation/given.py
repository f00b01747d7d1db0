"""What is imitated, as it is handed on and stored, and how the people are divided whom others speak for."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from stressid_keras.config import DistillationConfig
from stressid_keras.errors import StressIDError
from stressid_keras.store.sealed_arrays import read_arrays, write_arrays
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import prepare, split_people
from stressid_keras.workflow.part_windows import labels, predictions_of
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.teacher_stages import student_rows

LOGITS = (
    "logits"  # as `training.named` has it, which would bring Keras, seconds before it is known to be needed
)
OUTPUTS = ("outputs.npz", "predictions.csv")  # of who had not seen the people
VERSION = 2  # raised when the same networks are imitated in another way


class Imitated(NamedTuple):
    """Outputs by part, "train" and "val", and name, (n, d) or (n, views, d); and what they depend on."""

    outputs: dict[str, dict[str, np.ndarray]]
    key: str


def refuse_features(distillation: DistillationConfig, source: str) -> None:
    """Raises StressIDError if a term compares features, of a source that gives none."""
    from stressid_keras.distillation.method_names import methods_of
    from stressid_keras.distillation.term import FEATURE

    for name, method in methods_of(distillation).items():
        if method.is_term and getattr(method.implementation, "level", None) == FEATURE and name != "measures":
            raise StressIDError(
                f"{source} gives logits alone, and {name} compares features; expected logits or generalised."
            )


def units(context: RunContext) -> np.ndarray:
    """By what rows of the manifest are divided: their people, or in a leaky split their recordings."""
    return prepare(context).manifest[split_people(context).unit].to_numpy()


def training_parts(context: RunContext, distillation: DistillationConfig) -> np.ndarray:
    """Of the student's training rows, which of the parts to cross-fit each is in."""
    from stressid_keras.distillation.cross_fitting import parts_of_people

    rows = student_rows(context)["train"]
    people, count = units(context)[rows], distillation.cross_fit_parts
    return parts_of_people(people, labels(context, rows), count, context.config.seed)


def write_outputs(
    context: RunContext, folder: Path, model: str, outputs: dict[str, np.ndarray], logits: np.ndarray
) -> None:
    """What is imitated, and what it says of the training rows as predictions, by which a report judges it."""
    from stressid_keras.evaluation import write_predictions

    table = predictions_of(context, model, "train", student_rows(context)["train"], logits)
    write_arrays(folder / OUTPUTS[0], outputs)
    write_predictions(folder / OUTPUTS[1], table)


def read_outputs(stage: Stage) -> dict[str, np.ndarray]:
    arrays = read_arrays(stage.folder / OUTPUTS[0])
    if arrays is None:
        raise StressIDError(f"{stage.folder / OUTPUTS[0]} was removed or changed meanwhile; run again.")
    return arrays

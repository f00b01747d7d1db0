"""What random forests on the measures say of people whom they had not met."""

import importlib.metadata

import numpy as np

from stressid_keras.config import DistillationConfig
from stressid_keras.provenance import fingerprint
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import prepare
from stressid_keras.workflow.imitation.given import (
    LOGITS,
    OUTPUTS,
    VERSION,
    Imitated,
    read_outputs,
    refuse_features,
    training_parts,
    units,
    write_outputs,
)
from stressid_keras.workflow.imitation.regressed import imitable_measures
from stressid_keras.workflow.part_windows import labels, measured_key
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.teacher_stages import student_rows

LEAST = 1e-3  # of a probability, whose logarithm is imitated: no tree voted for the class


def of_forest(context: RunContext, distillation: DistillationConfig) -> Imitated:
    """Logits alone, of random forests that never saw the person; of the validation part, of one that saw all others."""
    from stressid_keras.distillation.label_share import FEWEST

    refuse_features(distillation, "forest")
    rows, count = student_rows(context), distillation.cross_fit_parts
    if distillation.imitation_chosen and len(set(units(context)[rows["train"]])) < FEWEST:
        # The share is 0 then; whoever asks whether the teacher is right or agrees is told the labels.
        certain = np.log(np.eye(len(prepare(context).class_names), dtype=np.float32) + LEAST)
        return Imitated({part: {LOGITS: certain[labels(context, some)]} for part, some in rows.items()}, "")
    inputs = {
        "measures": [measured_key(context), context.config.teacher.measures],
        "modalities": list(context.config.dataset.teacher_modalities),
        "rows": {part: fingerprint(some.tolist()) for part, some in rows.items()},
        "seed": context.config.seed,
        "scikit-learn": importlib.metadata.version("scikit-learn"),
        "code": VERSION,
    }
    stage = Stage(context.common / "cross_fit" / f"forest-{count}", "outputs", inputs, OUTPUTS)

    def ask():
        values = forest_inputs(context)
        train, numbers = rows["train"], training_parts(context, distillation)
        logits = np.zeros((len(train), len(prepare(context).class_names)), np.float32)
        for number in range(numbers.max() + 1):
            part = numbers == number
            logits[part] = forest_logits(context, values, train[~part], train[part])
        found = {"train": logits, "val": forest_logits(context, values, train, rows["val"])}
        write_outputs(context, stage.folder, "teacher_forest", found, logits)

    stage.ensure(ask, context.reporter, "cross-fitted forest")
    return Imitated(
        {part: {LOGITS: values} for part, values in read_outputs(stage).items()}, stage.fingerprint
    )


def forest_inputs(context: RunContext) -> np.ndarray:
    return np.concatenate([*imitable_measures(context).values()], axis=1)


def forest_logits(
    context: RunContext, values: np.ndarray, train: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """Logarithms of the probabilities that a forest of the rows to train on gives others."""
    from stressid_keras.analysis.baselines.classifiers import CLASSIFIERS, Trained

    classes = len(prepare(context).class_names)
    forest = Trained(
        CLASSIFIERS["random_forest"], None, values[train], labels(context, train), context.config.seed
    )
    return np.log(forest.probabilities(values[asked], classes) + LEAST).astype(np.float32)

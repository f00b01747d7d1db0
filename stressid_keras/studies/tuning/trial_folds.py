"""One fold of one trial: a network trained with the trial's values and scored on people it was not trained on."""

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from stressid_keras.config import RunConfig, deciding
from stressid_keras.dataset import SubjectSplit, subject_folds
from stressid_keras.errors import StressIDError
from stressid_keras.provenance import fingerprint
from stressid_keras.studies.tuning.space import STUDENT
from stressid_keras.system.locking import exclusive
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import prepare, split_people
from stressid_keras.workflow.stage import Stage

VERSION = 1  # raised when the same values score otherwise, so that older scores do not count
SCORE = "score"  # the stage of a fold's score
PREDICTIONS = "predictions.csv"
METRICS = ("balanced_accuracy", "macro_f1")


class FoldOfPeople(NamedTuple):
    """A division of people, and the seed of all chance in it."""

    name: str  # of its folder
    seed: int
    split: SubjectSplit


def inner_folds(context: RunContext, folds: int, repeats: int) -> list[FoldOfPeople]:
    """Folds of the people that a search may look at: those whom the run does not test on.

    Raises:
        StressIDError: there are too few of them.
    """
    outer, store, config = split_people(context), prepare(context), context.config
    seen = {*outer.parts["train"], *outer.parts["val"]}
    rows = store.manifest[store.complete & store.manifest["subject"].isin(seen)]
    if not 3 <= folds <= len(seen):
        raise StressIDError(
            f"{folds} folds were asked for; expected from 3 to the number of people whom the run does not test on, "
            f"{len(seen)}."
        )
    found = []
    for repeat in range(repeats):
        seed = config.seed + repeat
        splits = subject_folds(
            rows["subject"],
            rows["label"],
            folds,
            config.dataset,
            seed,
            outer.extra_train,
            n_classes=len(store.class_names),
            validated=config.folds_validate,
        )
        found += [
            FoldOfPeople(f"repeat{repeat}-fold{index}", seed, split) for index, split in enumerate(splits)
        ]
    for fold in found:
        assert seen >= set().union(*fold.split.parts.values()), (
            "somebody whom the run tests on is in a fold of the search"
        )
    return found


def outer_folds(context: RunContext, repeats: int) -> list[FoldOfPeople]:
    """The run's own division, whose test people no trial has seen, with as many seeds."""
    split = split_people(context)
    return [FoldOfPeople(f"seed{repeat}", context.config.seed + repeat, split) for repeat in range(repeats)]


def fold_context(
    context: RunContext, config: RunConfig, network: str, fold: FoldOfPeople, folder: Path, shared: Path
) -> RunContext:
    """The run that trains one fold of one trial, in a folder that is emptied when it is scored.

    Args:
        folder: of the fold's score.
        shared: of what trials have in common: teachers and what is imitated, and prepared folders other than the run's.
    """
    config = dataclasses.replace(config, seed=fold.seed)
    kinds = ("dataset", "preparation", "pipeline", "teacher", "teacher_training")
    stored = (config.distillation.feature_dtype, config.distillation.feature_views)
    people = (fold.seed, fold.split.to_dict())
    key = fingerprint([deciding(getattr(config, name)) for name in kinds], stored, people)
    other = config.preparation != context.config.preparation
    name = fingerprint(deciding(config.preparation))
    return context.detached(
        folder / "networks",
        prepared_dir=(shared / "prepared" / name if other else context.prepared_dir).absolute(),
        common_dir=(shared / "common" / key).absolute() if network == STUDENT else None,
        config=config,
        fold=None,
        split=fold.split,
        other_trees=(),
    )


def score_stage(context: RunContext, network: str, data_key: str) -> Stage:
    """Where the score of a fold is recorded: `balanced_accuracy` and `macro_f1`.

    Args:
        context: of `fold_context`.
        data_key: of what scores depend on besides, see `Search.data_key`.
    """
    config = deciding(context.config)
    inputs = {
        "network": network,
        "config": {name: value for name, value in config.items() if name not in ("robustness", "inspection")},
        "split": context.split.to_dict(),
        "data": data_key,
    }
    return Stage(context.output_dir.parent, SCORE, inputs, (PREDICTIONS,))


def score_folds(contexts: list[RunContext], network: str, data_key: str) -> list[dict]:
    """Train and score folds one after the other, in this process; those that are scored already are not trained.

    Where one fails, whatever the reason, `failed` says it in place of its score, and those after it are left: a search
    goes on. That is not recorded, for it may have been the machine's fault.
    """
    import keras

    found = []
    for context in contexts:
        stage = score_stage(context, network, data_key)
        try:
            with exclusive(stage.folder):  # a process that was left behind may be at it: what it finds counts
                if not stage.is_current():
                    stage.run(lambda context=context: _score(context, network))
                    keras.backend.clear_session()
            found.append(stage.record["summary"])
        except Exception as error:  # of whatever values: a shape, a number, what memory there is
            lines = str(error).strip().splitlines() or [""]
            return [*found, {"failed": f"{type(error).__name__}: {lines[0]}"}]
    return found


def scored(table: pd.DataFrame, class_names: Sequence[str]) -> dict[str, float]:
    """`METRICS` of a predictions table."""
    from stressid_keras.evaluation import classification_metrics
    from stressid_keras.evaluation.predictions import probabilities_of

    scores = classification_metrics(table["label"], probabilities_of(table, class_names), class_names)
    return {name: scores[name] for name in METRICS}


def _score(context: RunContext, network: str) -> dict:
    from stressid_keras.evaluation import write_predictions

    try:
        table = _predictions(context, network)
        write_predictions(context.output_dir.parent / PREDICTIONS, table)
        return scored(table, prepare(context).class_names)
    finally:
        shutil.rmtree(context.output_dir, ignore_errors=True)


def _predictions(context: RunContext, network: str) -> pd.DataFrame:
    from stressid_keras.workflow.part_windows import network_outputs, part_rows, predictions_of
    from stressid_keras.workflow.student_stages import distil_student
    from stressid_keras.workflow.teacher_stages import train_teacher
    from stressid_keras.workflow.training import load_trained

    stage = (distil_student if network == STUDENT else train_teacher)(context)
    rows = part_rows(context, "test")
    outputs = network_outputs(context, load_trained(stage.folder, network), rows)
    return predictions_of(context, network, "test", rows, outputs["logits"])

"""What networks say of people whom they had not met: teachers, or students of the audio."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from stressid_keras.config import DistillationConfig
from stressid_keras.errors import StressIDError
from stressid_keras.provenance import fingerprint
from stressid_keras.workflow.context import RunContext
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
from stressid_keras.workflow.part_windows import network_outputs, teacher_rows
from stressid_keras.workflow.plans import control_plan, teacher_plan
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.teacher_stages import (
    compute_teacher_features,
    student_rows,
    teacher_key,
    train_teacher,
)
from stressid_keras.workflow.training import load_trained, train_network


def of_strangers(context: RunContext, distillation: DistillationConfig) -> Imitated:
    """The training part's from teachers that never saw the person, in the space of the run's own teacher."""
    if distillation.feature_views:
        raise StressIDError("cross-fitted teachers have no feature_views; expected 0 of them.")
    own = compute_teacher_features(context)
    rows, names = student_rows(context)["train"], list(own["train"])

    def answers(network, part, others):
        found = network_outputs(context, network, rows)
        return {name: _moved(name, found[name], own["train"][name], part, others) for name in names}

    stage = _cross_fit(context, distillation, "teacher", _taught(context), teacher_plan, answers)
    return Imitated(
        {**own, "train": read_outputs(stage)}, fingerprint(teacher_key(context), stage.fingerprint)
    )


def of_itself(context: RunContext, distillation: DistillationConfig) -> Imitated:
    """Logits alone, from students that never heard the person."""
    refuse_features(distillation, "born-again")
    parts = student_rows(context)

    def answers(network, part, others):
        return {LOGITS: network_outputs(context, network, parts["train"][part])[LOGITS]}

    stage = _cross_fit(context, distillation, "student_ce", parts, control_plan, answers)
    found = {"train": read_outputs(stage)}
    if len(parts["val"]):  # not trained on, so that any of the networks is as good
        network = load_trained(stage.folder / "1", "student_ce")
        found["val"] = {LOGITS: network_outputs(context, network, parts["val"])[LOGITS]}
    else:
        found["val"] = {LOGITS: np.zeros((0, found["train"][LOGITS].shape[1]), np.float32)}
    return Imitated(found, stage.fingerprint)


def teachers_before(distillations: Iterable[DistillationConfig]) -> list[list[tuple]]:
    """For `CrossValidation.work`: the networks that configurations cross-fit, which may be trained side by side."""
    found = {}
    for each in distillations:
        if each.imitated in CROSS_FITTED:
            found[each.imitated, each.cross_fit_parts] = each
    if not found:
        return []
    return [
        [(train_teacher,)],  # whose folder the networks lie in
        [
            (train_cross_fitted, each, number)
            for each in found.values()
            for number in range(each.cross_fit_parts)
        ],
    ]


def train_cross_fitted(context: RunContext, distillation: DistillationConfig, number: int) -> None:
    """One of the networks that a configuration cross-fits, if there are people enough for so many parts."""
    name, plan = CROSS_FITTED[distillation.imitated]
    taught = student_rows(context) if name == "student_ce" else _taught(context)
    if number <= training_parts(context, distillation).max():
        _network(context, distillation, name, taught, plan, number)


def _taught(context: RunContext) -> dict[str, np.ndarray]:
    return {part: teacher_rows(context, part) for part in ("train", "val")}


def _moved(name: str, found: np.ndarray, own: np.ndarray, part: np.ndarray, others: np.ndarray) -> np.ndarray:
    """A network's outputs of a part, features as the run's own teacher would give them."""
    from stressid_keras.distillation.cross_fitting import into_space

    if name == LOGITS:
        return found[part]
    return into_space(found[others], own[others], found[part])


def _cross_fit(
    context: RunContext,
    distillation: DistillationConfig,
    name: str,
    taught: dict[str, np.ndarray],
    plan: Callable,
    answers: Callable,
) -> Stage:
    """A network without each part of the training people, and what each says of its part.

    Args:
        taught: rows by part that such a network may learn from, perhaps more than a student hears, and be validated on.
        plan: context and rows by part → NetworkPlan.
        answers: a network, places among the student's training rows of the part and of the others → outputs by name.
    """
    rows, numbers = student_rows(context)["train"], training_parts(context, distillation)
    networks, folder = range(numbers.max() + 1), _folder(context, distillation, name)
    stages = [_network(context, distillation, name, taught, plan, number) for number in networks]
    inputs = {
        "networks": [stage.record["outputs"] for stage in stages],
        "own": teacher_key(context) if name == "teacher" else "",
        "rows": fingerprint(rows.tolist(), numbers.tolist()),
        "code": VERSION,
    }
    stage = Stage(folder, "outputs", inputs, OUTPUTS)

    def ask():
        found = {}
        with context.reporter.stage(f"cross-fitted {name}", len(networks)) as report:
            for number in networks:
                part, others = np.flatnonzero(numbers == number), np.flatnonzero(numbers != number)
                network = load_trained(folder / str(number + 1), name)
                for output, values in answers(network, part, others).items():
                    whole = found.setdefault(output, np.zeros((len(rows), values.shape[1]), np.float32))
                    whole[part] = values
                report(number + 1)
        write_outputs(context, folder, f"{name}_cross_fitted", found, found[LOGITS])

    return stage.ensure(ask, context.reporter, f"cross-fitted {name}")


def _network(
    context, distillation: DistillationConfig, name: str, taught, plan: Callable, number: int
) -> Stage:
    """The network that has not met the people of a part; arguments as of `_cross_fit`."""
    rows, unit = student_rows(context)["train"], units(context)
    part = rows[training_parts(context, distillation) == number]
    held_out = np.isin(unit[taught["train"]], unit[part])
    given = {"train": taught["train"][~held_out], "val": taught["val"]}
    folder = _folder(context, distillation, name) / str(number + 1)
    return train_network(context, plan(context, given), folder)


def _folder(context: RunContext, distillation: DistillationConfig, name: str) -> Path:
    # Trials of a search have teachers in common.
    place = train_teacher(context).folder if name == "teacher" else context.output_dir
    return place / "cross_fit" / f"{name}-{distillation.cross_fit_parts}"


# By what is imitated: the name of the networks, and what they are.
CROSS_FITTED = {"cross-fit": ("teacher", teacher_plan), "born-again": ("student_ce", control_plan)}

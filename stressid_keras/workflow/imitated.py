"""What a student is given to imitate: the teacher's outputs, those of cross-fitted networks, measures."""

import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stressid_keras.config import DistillationConfig
from stressid_keras.errors import StressIDError
from stressid_keras.modalities import measures_input
from stressid_keras.provenance import fingerprint
from stressid_keras.store.sealed_arrays import read_arrays, write_arrays
from stressid_keras.workflow.context import RunContext
from stressid_keras.workflow.data import measure_windows, prepare, split_people
from stressid_keras.workflow.part_windows import (
    class_probabilities,
    heard_key,
    heard_summaries,
    labels,
    network_outputs,
    teacher_rows,
)
from stressid_keras.workflow.plans import control_plan, teacher_plan
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.teacher_stages import (
    compute_teacher_features,
    student_rows,
    teacher_key,
    train_teacher,
)
from stressid_keras.workflow.training import load_trained, train_network

LOGITS = (
    "logits"  # as `training.named` has it, which would bring Keras, seconds before it is known to be needed
)
LEAST = 1e-3  # of a probability, whose logarithm is imitated: no tree voted for the class
OUTPUTS = ("outputs.npz", "predictions.csv")  # of who had not seen the people
VERSION = 2  # raised when the same networks are imitated in another way


class Imitated(NamedTuple):
    """Outputs by part, "train" and "val", and name, (n, d) or (n, views, d); and what they depend on."""

    outputs: dict[str, dict[str, np.ndarray]]
    key: str


def imitated(context: RunContext, distillation: DistillationConfig) -> Imitated:
    """What a configuration has a student imitate, of the rows that it learns from and is validated on.

    Raises:
        StressIDError: fewer people than parts to cross-fit, views of cross-fitted teachers, or a method that compares
            features and is given none.
    """
    sources = {
        "teacher": _of_teacher,
        "cross-fit": _of_strangers,
        "forest": _of_forest,
        "born-again": _of_itself,
    }
    found = sources[distillation.imitated](context, distillation)
    if distillation.measures:
        found = _with_measures(context, found)
    if distillation.permuted:
        found = _exchanged(context, found)
    return found


def chosen_share(
    context: RunContext, distillation: DistillationConfig, given: Imitated, folder: Path
) -> Stage:
    """Which share of the labels the soft labels of forests take: `share` in the summary, and the `errors` by share."""
    from stressid_keras.distillation.label_share import VERSION as version
    from stressid_keras.distillation.label_share import best_share, share_errors

    rows = student_rows(context)["train"]
    inputs = {
        "teacher": given.key,
        "temperature": distillation.temperature,
        "heard": heard_key(context),
        "rows": fingerprint(rows.tolist()),
        "seed": context.config.seed,
        "code": version,
    }
    stage = Stage(folder, "label_share", inputs, ())

    def choose():
        values = _forest_inputs(context)

        def teach(known, asked):
            logits = _forest_logits(context, values, rows[known], rows[asked])
            return class_probabilities(logits / distillation.temperature)

        errors = share_errors(
            heard_summaries(context, rows),
            labels(context, rows),
            _units(context)[rows],
            len(prepare(context).class_names),
            teach,
            context.config.seed,
            distillation.permuted,
        )
        return {
            "share": best_share(errors),
            "errors": {f"{share:g}": error for share, error in errors.items()},
        }

    return stage.ensure(choose, context.reporter, "share of the soft labels")


def _of_teacher(context: RunContext, distillation: DistillationConfig) -> Imitated:
    return Imitated(compute_teacher_features(context), teacher_key(context))


def _of_strangers(context: RunContext, distillation: DistillationConfig) -> Imitated:
    """The training part's from teachers that never saw the person, in the space of the run's own teacher."""
    if distillation.feature_views:
        raise StressIDError("cross-fitted teachers have no feature_views; expected 0 of them.")
    own = compute_teacher_features(context)
    rows, names = student_rows(context)["train"], list(own["train"])

    def answers(network, part, others):
        found = network_outputs(context, network, rows)
        return {name: _moved(name, found[name], own["train"][name], part, others) for name in names}

    taught = {part: teacher_rows(context, part) for part in ("train", "val")}
    stage = _cross_fit(context, distillation, "teacher", taught, teacher_plan, answers)
    return Imitated({**own, "train": _read(stage)}, fingerprint(teacher_key(context), stage.fingerprint))


def _moved(name: str, found: np.ndarray, own: np.ndarray, part: np.ndarray, others: np.ndarray) -> np.ndarray:
    """A network's outputs of a part, features as the run's own teacher would give them."""
    from stressid_keras.distillation.cross_fitting import into_space

    if name == LOGITS:
        return found[part]
    return into_space(found[others], own[others], found[part])


def _of_itself(context: RunContext, distillation: DistillationConfig) -> Imitated:
    """Logits alone, from students that never heard the person."""
    _refuse_features(distillation, "born-again")
    parts = student_rows(context)

    def answers(network, part, others):
        return {LOGITS: network_outputs(context, network, parts["train"][part])[LOGITS]}

    stage = _cross_fit(context, distillation, "student_ce", parts, control_plan, answers)
    found = {"train": _read(stage)}
    if len(parts["val"]):  # not trained on, so that any of the networks is as good
        network = load_trained(stage.folder / "1", "student_ce")
        found["val"] = {LOGITS: network_outputs(context, network, parts["val"])[LOGITS]}
    else:
        found["val"] = {LOGITS: np.zeros((0, found["train"][LOGITS].shape[1]), np.float32)}
    return Imitated(found, stage.fingerprint)


def _of_forest(context: RunContext, distillation: DistillationConfig) -> Imitated:
    """Logits alone, of random forests that never saw the person; of the validation part, of one that saw all others."""
    from stressid_keras.distillation.label_share import FEWEST
    from stressid_keras.preprocessing.measures import measures_key

    _refuse_features(distillation, "forest")
    rows, count = student_rows(context), distillation.cross_fit_parts
    if distillation.imitation_chosen and len(set(_units(context)[rows["train"]])) < FEWEST:
        n_classes = len(prepare(context).class_names)  # the share is 0 then, and these are not looked at
        return Imitated(
            {part: {LOGITS: np.zeros((len(some), n_classes), np.float32)} for part, some in rows.items()}, ""
        )
    inputs = {
        "measures": [
            measures_key(prepare(context), context.config.teacher.video_measures),
            context.config.teacher.measures,
        ],
        "modalities": list(context.config.dataset.teacher_modalities),
        "rows": {part: fingerprint(some.tolist()) for part, some in rows.items()},
        "seed": context.config.seed,
        "scikit-learn": importlib.metadata.version("scikit-learn"),
        "code": VERSION,
    }
    stage = Stage(context.output_dir / "cross_fit" / f"forest-{count}", "outputs", inputs, OUTPUTS)

    def ask():
        values = _forest_inputs(context)
        train, numbers = rows["train"], _parts(context, distillation)
        logits = np.zeros((len(train), len(prepare(context).class_names)), np.float32)
        for number in range(numbers.max() + 1):
            part = numbers == number
            logits[part] = _forest_logits(context, values, train[~part], train[part])
        found = {"train": logits, "val": _forest_logits(context, values, train, rows["val"])}
        _write(context, stage.folder, "teacher_forest", found, logits)

    stage.ensure(ask, context.reporter, "cross-fitted forest")
    return Imitated({part: {LOGITS: values} for part, values in _read(stage).items()}, stage.fingerprint)


def _forest_inputs(context: RunContext) -> np.ndarray:
    return np.concatenate([*_imitable_measures(context).values()], axis=1)


def _forest_logits(
    context: RunContext, values: np.ndarray, train: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """Logarithms of the probabilities that a forest of the rows to train on gives others."""
    from stressid_keras.analysis.baselines.classifiers import CLASSIFIERS, Trained

    classes = len(prepare(context).class_names)
    forest = Trained(
        CLASSIFIERS["random_forest"], None, values[train], labels(context, train), context.config.seed
    )
    return np.log(forest.probabilities(values[asked], classes) + LEAST).astype(np.float32)


def _refuse_features(distillation: DistillationConfig, source: str) -> None:
    """Raises StressIDError if a term compares features, of a source that gives none."""
    from stressid_keras.distillation.method_names import methods_of
    from stressid_keras.distillation.term import FEATURE

    for name, method in methods_of(distillation).items():
        if method.is_term and getattr(method.implementation, "level", None) == FEATURE and name != "measures":
            raise StressIDError(
                f"{source} gives logits alone, and {name} compares features; expected logits or generalised."
            )


def _units(context: RunContext) -> np.ndarray:
    """By what rows of the manifest are divided: their people, or in a leaky split their recordings."""
    return prepare(context).manifest[split_people(context).unit].to_numpy()


def _parts(context: RunContext, distillation: DistillationConfig) -> np.ndarray:
    """Of the student's training rows, which of the parts to cross-fit each is in."""
    from stressid_keras.distillation.cross_fitting import parts_of_people

    rows = student_rows(context)["train"]
    people, parts = _units(context)[rows], distillation.cross_fit_parts
    return parts_of_people(people, labels(context, rows), parts, context.config.seed)


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
    count, rows, unit = distillation.cross_fit_parts, student_rows(context)["train"], _units(context)
    numbers = _parts(context, distillation)
    networks = range(numbers.max() + 1)
    # Trials of a search have teachers in common.
    place = train_teacher(context).folder if name == "teacher" else context.output_dir
    folder = place / "cross_fit" / f"{name}-{count}"
    stages = []
    for number in networks:
        held_out = np.isin(unit[taught["train"]], unit[rows[numbers == number]])
        given = {"train": taught["train"][~held_out], "val": taught["val"]}
        stages.append(train_network(context, plan(context, given), folder / str(number + 1)))
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
        _write(context, folder, f"{name}_cross_fitted", found, found[LOGITS])

    return stage.ensure(ask, context.reporter, f"cross-fitted {name}")


def _write(
    context: RunContext, folder: Path, model: str, outputs: dict[str, np.ndarray], logits: np.ndarray
) -> None:
    """What is imitated, and what it says of the training rows as predictions, by which a report judges it."""
    from stressid_keras.evaluation import predictions_table, write_predictions

    store, rows = prepare(context), student_rows(context)["train"]
    probabilities = class_probabilities(logits)
    table = predictions_table(model, "train", store.manifest.iloc[rows], probabilities, store.class_names)
    write_arrays(folder / OUTPUTS[0], outputs)
    write_predictions(folder / OUTPUTS[1], table)


def _read(stage: Stage) -> dict[str, np.ndarray]:
    arrays = read_arrays(stage.folder / OUTPUTS[0])
    if arrays is None:
        raise StressIDError(f"{stage.folder / OUTPUTS[0]} was removed or changed meanwhile; run again.")
    return arrays


def _with_measures(context: RunContext, found: Imitated) -> Imitated:
    """Also the measures, standardised by the training part."""
    from stressid_keras.preprocessing.measures import measures_key

    rows, outputs = student_rows(context), {part: dict(each) for part, each in found.outputs.items()}
    for modality, values in _imitable_measures(context).items():
        standard = _standardised(values, values[rows["train"]])
        for part, some in rows.items():
            outputs[part][measures_input(modality)] = _like_views(standard[some], outputs[part])
    teacher = context.config.teacher
    measures = measures_key(prepare(context), teacher.video_measures)
    return Imitated(outputs, fingerprint(found.key, measures, teacher.measures))


def _imitable_measures(context: RunContext) -> dict[str, np.ndarray]:
    """Of the teacher's modalities, (rows of the manifest, d); relative to the person where the teacher's are, for who
    somebody is can be told from the voice as well, and is not what is to be learnt."""
    from stressid_keras.preprocessing.measures import relative_to_person

    measures, subjects = measure_windows(context), prepare(context).manifest["subject"]
    chosen = {name: measures[name] for name in context.config.dataset.teacher_modalities}
    if context.config.teacher.measures != "person":
        return chosen
    return {name: relative_to_person(values, subjects) for name, values in chosen.items()}


def _standardised(values: np.ndarray, training: np.ndarray) -> np.ndarray:
    """By mean and deviation of the training rows, without those that never differ; NaN stays."""
    from stressid_keras.layers.measure_normalization import LIMIT, mean_and_scale

    mean, scale = mean_and_scale(training)
    return np.clip((values - mean) * scale, -LIMIT, LIMIT)[:, scale > 0].astype(np.float32)


def _like_views(values: np.ndarray, others: dict[str, np.ndarray]) -> np.ndarray:
    """(n, d), or (n, views, d) where the teacher was asked about several views, of which all have the same measures."""
    views = next((other.shape[1] for other in others.values() if other.ndim == 3), None)
    return values if views is None else np.repeat(values[:, None], views, axis=1)


def _exchanged(context: RunContext, found: Imitated) -> Imitated:
    """The training part's, each row with what belongs to another one of the same class, and person if there is any."""
    from stressid_keras.distillation.cross_fitting import exchanged_rows

    rows, seed = student_rows(context)["train"], context.config.seed
    people = prepare(context).manifest["subject"].to_numpy()[rows]
    order = exchanged_rows(people, labels(context, rows), seed)
    if (order == np.arange(len(rows))).all():
        context.reporter.warn(
            "permuted changes nothing: no class has two training windows whose teacher's outputs could be exchanged."
        )
    train = {name: values[order] for name, values in found.outputs["train"].items()}
    return Imitated({**found.outputs, "train": train}, fingerprint(found.key, "permuted", VERSION, seed))

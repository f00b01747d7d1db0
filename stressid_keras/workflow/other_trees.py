"""Other data as a test: what a run's finished students and audio baselines say of people they know nothing of.

Audio is all that is wanted of the other trees: labels and sound files.
"""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pandas as pd

from stressid_keras.config import DEFAULT_CLASS_NAMES, LABEL_COLUMNS, DatasetConfig
from stressid_keras.dataset.adapters import adapter_of, data_title
from stressid_keras.errors import StressIDError
from stressid_keras.provenance import fingerprint
from stressid_keras.workflow.analysis import BASELINE_VERSION
from stressid_keras.workflow.context import RunContext, verb
from stressid_keras.workflow.data import (
    baseline_fingerprint,
    compute_baseline_features,
    prepare,
    read_audio_index,
    read_index,
    split_people,
)
from stressid_keras.workflow.insight import STUDENTS
from stressid_keras.workflow.part_windows import (
    class_probabilities,
    labels,
    network_outputs,
    part_rows,
    places,
)
from stressid_keras.workflow.split_results import SplitResults
from stressid_keras.workflow.stage import Stage
from stressid_keras.workflow.student_stages import train_networks
from stressid_keras.workflow.training import load_trained

VERSION = 1  # raised when predictions of other data change for the same models
SAME = ["audio_checksum", "audio_shape", "audio_seconds"]  # of windows with the same sound


@verb
def other_data(context: RunContext) -> dict[str, RunContext]:
    """A context for each of the other trees, by a name of its own: audio alone, prepared, and nothing is trained there.

    Raises:
        StressIDError: a tree cannot be used, has another number of classes than the run's, or holds recordings of it.
    """
    others = dict(_other(context, tree) for tree in context.other_trees)
    for other in others.values():
        _check_classes(context, other)
        _check_unheard(context, other)
    return others


@verb
def also_test(context: RunContext) -> dict[str, Stage]:
    """`also_tested/<name>/predictions.csv` for each of the other trees: both students and the audio baselines."""
    return {
        name: _stage(context, name, other).ensure(
            lambda name=name, other=other: _test(context, name, other), context.reporter, f"also test {name}"
        )
        for name, other in other_data(context).items()
    }


def _other(context: RunContext, tree: Path) -> tuple[str, RunContext]:
    """Name and context; its windows lie beside the run's own, and every run with these classes shares them."""
    place = os.path.realpath(tree)
    dataset = _labelled_alike(context, place)
    name = f"{data_title(place)}-{fingerprint(place, dataset.label, dataset.class_names)[:6]}"
    return name, context.branch(
        data_dir=tree,
        prepared_dir=context.prepared_dir.parent / f"{name}-audio",
        output_dir=SplitResults(context.output_dir).other(name),
        config=dataclasses.replace(context.config, dataset=dataset),
        fold=None,
        other_trees=(),
        replaced={**context.replaced, read_index: read_audio_index},
    )


def _labelled_alike(context: RunContext, place: str) -> DatasetConfig:
    """The options under which a tree has as many classes as the run, where it has labels of several kinds."""
    dataset, n_classes = context.config.dataset, len(read_index(context).class_names)
    kinds = [
        label
        for label in (dataset.label, *LABEL_COLUMNS)
        if len(DEFAULT_CLASS_NAMES[LABEL_COLUMNS[label]]) == n_classes
    ]
    label = kinds[0] if kinds else dataset.label
    own_names = adapter_of(place).names_classes or label != dataset.label
    return dataclasses.replace(
        dataset,
        label=label,
        class_names=() if own_names else dataset.class_names,
        teacher_recordings="complete",
    )


def _check_classes(context: RunContext, other: RunContext) -> None:
    names, theirs = read_index(context).class_names, read_index(other).class_names
    if len(theirs) != len(names):
        raise StressIDError(
            f"{other.data_dir} has {len(theirs)} classes ({', '.join(theirs)}); expected {len(names)}, as the models "
            f"have ({', '.join(names)}): give data with as many."
        )


def _check_unheard(context: RunContext, other: RunContext) -> None:
    own, theirs = (prepare(one).manifest for one in (context, other))
    shared = theirs[theirs["audio_shape"] != ""].merge(own[SAME].drop_duplicates(), on=SAME)
    if len(shared):
        raise StressIDError(
            f"{other.data_dir} holds {len(shared)} windows of sound that {context.data_dir} has, too, the first in "
            f"{shared['recording'].iloc[0]}; expected recordings that no model was trained on."
        )


def _stage(context: RunContext, name: str, other: RunContext) -> Stage:
    from sklearn import __version__ as scikit_learn

    trained = train_networks(context)
    inputs = {
        "models": {model: trained[model].record["outputs"] for model in STUDENTS},
        "stores": [prepare(context).fingerprint, prepare(other).fingerprint],
        "features": [baseline_fingerprint(one) for one in (context, other)],
        "scikit-learn": scikit_learn,
        "split": split_people(context).to_dict(),
        "seed": context.config.seed,
        "code": [VERSION, BASELINE_VERSION],
    }
    return Stage(SplitResults(context.output_dir).other(name), "also_test", inputs, ("predictions.csv",))


def _test(context: RunContext, name: str, other: RunContext) -> None:
    from stressid_keras import evaluation

    store, names = prepare(other), prepare(context).class_names
    rows = np.flatnonzero(store.complete)
    found = {}
    with context.reporter.stage(f"also test {name}", len(STUDENTS) + 1) as report:
        for done, model in enumerate(STUDENTS, start=1):
            network = load_trained(context.output_dir, model)
            found[model] = class_probabilities(network_outputs(other, network, rows)["logits"])
            report(done)
        found |= _baselines(context, other)
        report(len(STUDENTS) + 1)
    tables = [
        evaluation.predictions_table(model, "test", store.manifest.iloc[rows], probabilities, names)
        for model, probabilities in found.items()
    ]
    path = SplitResults(context.output_dir).other(name) / "predictions.csv"
    evaluation.write_predictions(path, pd.concat(tables, ignore_index=True))


def _baselines(context: RunContext, other: RunContext) -> dict[str, np.ndarray]:
    """Probabilities (windows, classes) of the classifiers on features that both have, learned from the run's parts."""
    from stressid_keras.analysis import baselines

    store, heard = prepare(context), prepare(other)
    own, theirs = (compute_baseline_features(one) for one in (context, other))
    rows = {part: places(context, part_rows(context, part)) for part in ("train", "val")}
    people = [one.manifest["subject"].to_numpy()[one.complete] for one in (store, heard)]
    rows["test"] = list(range(len(own), len(own) + len(theirs)))
    found = baselines.baseline_probabilities(
        pd.concat([own, theirs], join="inner", ignore_index=True),
        rows,
        np.concatenate([labels(context, store.complete), labels(other, heard.complete)]),
        len(store.class_names),
        context.config.seed,
        np.concatenate(people),
    )
    return {model: by_part["test"] for model, by_part in found.items()}

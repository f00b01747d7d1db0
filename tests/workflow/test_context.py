"""A verb works once for a context, and a test can put a function of its own in the place of any stage."""

import dataclasses
import pickle
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest

from stressid_keras.config import DistillationConfig
from stressid_keras.dataset import SubjectSplit
from stressid_keras.modalities import PRIVILEGED
from stressid_keras.provenance import atomic_path, read_json
from stressid_keras.training.history import History
from stressid_keras.workflow import (
    CrossValidation,
    RunContext,
    compute_baseline_features,
    compute_teacher_features,
    distil_student,
    evaluate,
    prepare,
    read_index,
    split_people,
    train_teacher,
)
from stressid_keras.workflow.data import baseline_fingerprint
from stressid_keras.workflow.part_windows import part_rows, places
from stressid_keras.workflow.stage import Stage, read_record
from stressid_keras.workflow.student_stages import GIVEN

FEATURE = 8  # of a modality, as long as the tiny student's
SCORES = {"loss": 1.0, "val_loss": 1.0, "uar": 0.5, "val_uar": 0.5}


def toy_network(n_classes):
    """The mean of each modality, and random weights that nobody trains."""
    keras.utils.set_random_seed(3)
    inputs, features = {}, {}
    for name in PRIVILEGED:
        x = keras.Input((None, None, None, 3) if name == "video" else (None, None, 1), name=name)
        pool = keras.layers.GlobalAveragePooling3D if name == "video" else keras.layers.GlobalAveragePooling2D
        size = keras.Input((3 if name == "video" else 2,), name=f"{name}_size", dtype="int32")
        inputs |= {name: x, f"{name}_size": size}
        features[name] = keras.layers.Dense(FEATURE, name=f"toy_{name}")(pool()(x))
    joined = keras.layers.Concatenate()(list(features.values()))
    return keras.Model(inputs, {"logits": keras.layers.Dense(n_classes)(joined), **features})


def toy_teacher(context):
    """Stands in the place of `train_teacher`: leaves its files, without a training."""
    stage = Stage(context.output_dir, "teacher", {"network": "toy"}, ("teacher.keras", "history_teacher.csv"))

    def work():
        with atomic_path(context.output_dir / "teacher.keras") as temporary:
            toy_network(len(prepare(context).class_names)).save(temporary)
        History(context.output_dir / "history_teacher.csv").on_epoch_end(0, SCORES)
        return {"best_epoch": 1, "epochs": 1, "val_uar": 0.5}

    return stage.ensure(work, context.reporter)


@pytest.fixture
def context(tiny_tree, tiny_store, tiny_config, tmp_path):
    return RunContext(tiny_tree, tiny_store.path, tmp_path / "run", tiny_config)


def test_student_scores_and_report_come_of_a_teacher_that_a_test_made(context):
    toy = dataclasses.replace(context, replaced={train_teacher: toy_teacher})
    metrics = read_json(evaluate(toy).folder / "metrics.json")
    folder = context.output_dir
    assert read_record(folder, "teacher")["inputs"] == {"network": "toy"}
    network = keras.saving.load_model(folder / "teacher.keras")
    assert [layer.name for layer in network.layers if layer.name.startswith("toy_")]
    stored = compute_teacher_features(toy)["val"]
    assert {stored[name].shape for name in PRIVILEGED} == {(len(part_rows(toy, "val")), FEATURE)}
    assert {f"mse_{name}" for name in PRIVILEGED} <= set(pd.read_csv(folder / "history_student.csv"))
    assert metrics["teacher"]["test"]["n_windows"] == metrics["student"]["test"]["n_windows"] == 3
    assert "teacher" in (folder / "report.html").read_text()


def test_without_it_the_teacher_is_trained_and_what_was_made_of_the_other_is_stale(context):
    toy = dataclasses.replace(context, replaced={train_teacher: toy_teacher})
    before = distil_student(toy).record
    after = distil_student(context).record
    assert read_record(context.output_dir, "teacher")["inputs"] != {"network": "toy"}
    assert before["inputs"]["teacher"] != after["inputs"]["teacher"]


def test_a_split_of_a_test_decides_the_windows(context):
    people = sorted(set(prepare(context).manifest["subject"]))
    parts = {"train": tuple(people[2:]), "val": (people[1],), "test": (people[0],)}
    own = SubjectSplit(parts, class_counts={}, distance={}, seed=0)
    divided = context.branch(prepare, replaced={split_people: lambda _: own})
    rows = part_rows(divided, "test")
    assert set(prepare(divided).manifest["subject"].iloc[rows]) == {people[0]}


def test_places_are_those_among_complete_windows(context):
    complete = prepare(context).complete.copy()
    complete[0] = False
    store = SimpleNamespace(complete=complete)
    others = context.branch(replaced={prepare: lambda _: store})
    rows = np.flatnonzero(complete)
    assert list(places(others, rows[[3, 0]])) == [3, 0]
    assert list(places(others, [])) == []


def test_a_verb_works_once_for_a_context_and_again_for_a_changed_one(context):
    asked = []

    def index(context):
        asked.append(context)
        return read_index.__wrapped__(context)

    watched = dataclasses.replace(context, replaced={read_index: index})
    assert read_index(watched) is read_index(watched)
    changed = dataclasses.replace(watched, config=dataclasses.replace(context.config, seed=1))
    read_index(changed)
    assert asked == [watched, changed]
    kept = changed.branch(read_index, config=dataclasses.replace(context.config, seed=2))
    assert read_index(kept) is read_index(changed)
    assert len(asked) == 2


def test_folds_have_the_features_that_were_made_for_all(context):
    asked = []

    def features(context):
        asked.append(context)
        return pd.DataFrame({"audio_mean": [0.5]})

    watched = dataclasses.replace(context, replaced={compute_baseline_features: features})
    folds = CrossValidation(watched, 3)
    results = folds.split_results()
    folds.fold_context(results[0])
    assert not asked  # studies, which need none, make folds as well
    expected = baseline_fingerprint(watched)
    assert [baseline_fingerprint(folds.fold_context(result)) for result in results] == [expected] * 3
    assert asked == [watched]


def test_a_context_is_sent_to_another_process_without_what_was_made(context):
    read_index(context)
    sent = pickle.loads(pickle.dumps(dataclasses.replace(context, replaced={train_teacher: toy_teacher})))
    assert not sent.made
    assert sent.replaced == {train_teacher: toy_teacher}
    assert sent.config == context.config


def test_a_branch_for_another_method_has_the_same_teacher(context):
    toy = dataclasses.replace(context, replaced={train_teacher: toy_teacher})
    config = dataclasses.replace(context.config, distillation=DistillationConfig(alpha=5.0))
    other = toy.branch(*GIVEN, config=config, output_dir=context.output_dir / "other")
    stage = distil_student(other)
    assert stage.folder == context.output_dir / "other"
    assert not (stage.folder / "teacher.keras").exists()
    assert compute_teacher_features(other) is compute_teacher_features(toy)

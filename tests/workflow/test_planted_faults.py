"""Faults that flatter a score, planted in real files: the evaluation says so."""

import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile

from stressid_keras import evaluation
from stressid_keras.analysis import baselines
from stressid_keras.analysis.probes import findings
from stressid_keras.config import DatasetConfig
from stressid_keras.dataset import SyntheticConfig, index_dataset, make_synthetic_tree, subject_folds
from stressid_keras.preprocessing import prepare_dataset
from stressid_keras.workflow import Run

TWIN = "9zz9"  # the second name of a person


@pytest.fixture(scope="module")
def person(tmp_path_factory, tiny_config):
    """A run whose tree has one person under two names, whose calm recordings mostly lack their audio, and whose
    networks never learn: the name of the person, and what the evaluation found.
    """
    folder = tmp_path_factory.mktemp("faults")
    tree = make_synthetic_tree(folder / "tree", SyntheticConfig(subjects=6, tasks=6, seconds=2.0))
    names = sorted(path.name for path in (tree / "Audio").iterdir())
    table = pd.read_csv(tree / "labels.csv", dtype=str)
    mine = table[table["subject/task"].str.startswith(names[0])]
    twin = mine.assign(**{"subject/task": mine["subject/task"].str.replace(names[0], TWIN)})
    table = pd.concat([table, twin])
    table.to_csv(tree / "labels.csv", index=False)
    for kind in ("Audio", "Videos", "Physiological"):
        for path in (tree / kind / names[0]).iterdir():
            copy = tree / kind / TWIN / path.name.replace(names[0], TWIN)
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(path, copy)
    calm = table.loc[table["affect3-class"] == "0", "subject/task"].tolist()
    for name in calm[::2] + calm[1::4]:
        (tree / "Audio" / name.partition("_")[0] / f"{name}.wav").unlink()
    people = [f"{name},{sex}" for name, sex in zip([*names, TWIN], "FMFMFMF", strict=True)]
    (tree / "demographics.csv").write_text("\n".join(["Subject,Sex", *people]))
    still = dataclasses.replace(tiny_config.student_training, learning_rate=1e-12, epochs=1)
    student = dataclasses.replace(tiny_config.student, backbone="cnn")
    config = dataclasses.replace(tiny_config, student=student, student_training=still, teacher_training=still)
    return names[0], Run(tree, folder / "prepared", folder / "run", config).evaluate()


def said(metrics, words):
    return [sentence for sentence in metrics["findings"] if words in sentence]


def test_a_person_under_two_names_is_named(person):
    name, metrics = person
    pairs = [{pair["first"], pair["second"]} for pair in metrics["probes"]["duplicates"]]
    assert pairs == [{name, TWIN}]
    assert said(metrics, f"{name} and {TWIN} are identical") or said(
        metrics, f"{TWIN} and {name} are identical"
    )


def test_labels_in_the_presence_of_a_modality_are_told_by_availability(person):
    """As the resting tasks of the released data have no audio."""
    _, metrics = person
    availability = metrics["probes"]["availability"]
    n_windows = metrics["protocol"]["splits"]["test"]["n_windows"]
    assert availability["n_recordings"] > n_windows  # also those that the networks never see
    assert availability["macro_f1"] > availability["majority_macro_f1"] + 0.1
    assert availability["macro_f1"] > metrics["student"]["test"]["macro_f1"]
    assert said(metrics, "Which files exist gives the class away")


def test_constant_predictions_equal_a_floor(person):
    _, metrics = person
    names, labels = metrics["protocol"]["class_names"], metrics["protocol"]["splits"]["test"]["class_counts"]
    constant = 0
    for model in ("teacher", "student", "student_ce"):
        scores = metrics[model]["test"]
        predicted = np.flatnonzero(np.sum(scores["confusion_matrix"], axis=0))
        if len(predicted) == 1:
            constant += 1
            share = labels[names[predicted[0]]] / scores["n_windows"]
            assert scores["accuracy"] == pytest.approx(share)
            assert scores["macro_f1"] == pytest.approx(2 * share / (1 + share) / 3)
            floors = metrics["floors"]["test"]
            if floors["majority_accuracy"] == pytest.approx(share):
                assert scores["macro_f1"] == pytest.approx(floors["majority_macro_f1"])
    assert constant
    assert said(metrics, "A single class")
    assert said(metrics, "which needs no recording")


def test_scores_by_sex_are_there_with_demographics(person):
    _, metrics = person
    groups = metrics["fairness"]["student"]["groups"]
    assert set(groups) <= {"female", "male"}
    assert sum(group["n_windows"] for group in groups.values()) == metrics["student"]["test"]["n_windows"]


def test_a_random_split_is_shown_to_inflate(tmp_path, tiny_config, monkeypatch):
    """Every person's room has a hum of its own and the class is the person's: it is known to whoever has heard the
    room, and to nobody else.
    """
    monkeypatch.setattr(baselines.classifiers, "TREES", 20)  # enough to see it
    tree = make_synthetic_tree(tmp_path / "tree", SyntheticConfig(subjects=9, tasks=5, seconds=2.0))
    for number, folder in enumerate(sorted((tree / "Audio").iterdir())):
        for path in folder.iterdir():
            waveform, rate = soundfile.read(path)
            hum = 0.4 * np.sin(2 * np.pi * 200 * 1.4 ** (number * 4 % 9) * np.arange(len(waveform)) / rate)
            soundfile.write(path, 0.2 * waveform + hum, rate)
    index = index_dataset(tree, DatasetConfig())
    store = prepare_dataset(index, tmp_path / "prepared", tiny_config.preparation)
    features = baselines.baseline_features(index, store)
    people = sorted(store.manifest["subject"].unique())
    labels = store.manifest["subject"].map(people.index).to_numpy() % 3
    rows = store.manifest.assign(label=labels)
    tables = {}
    for unit in ("subject", "recording"):
        predictions = []
        for fold, split in enumerate(subject_folds(rows[unit], labels, 5, DatasetConfig(), 0, unit=unit)):
            parts = {part: np.flatnonzero(rows[unit].isin(split.parts[part])) for part in split.parts}
            found = baselines.baseline_probabilities(features, parts, labels, 3, seed=0)
            predictions += [
                evaluation.predictions_table(
                    name, "test", rows.iloc[parts["test"]], by_part["test"], store.class_names
                ).assign(repeat=0, fold=fold)
                for name, by_part in found.items()
            ]
        tables[unit] = pd.concat(predictions)
    audit = evaluation.leakage_audit(tables["subject"], tables["recording"], store.class_names)
    heard = audit["audio_logistic_regression"]
    assert heard["random"]["macro_f1"] > 0.7
    assert heard["inflation"] > 0.4
    (sentence,) = findings({"leakage_audit": audit})
    assert sentence.startswith("A random split would have inflated the macro F1: ")

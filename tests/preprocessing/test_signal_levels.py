import dataclasses

import numpy as np
import pytest

from stressid_keras.config import DatasetConfig, GafConfig, PreparationConfig
from stressid_keras.dataset import index_dataset, make_synthetic_tree
from stressid_keras.dataset.synthetic import SyntheticConfig
from stressid_keras.preprocessing import prepare_dataset
from stressid_keras.preprocessing.gaf import gramian_angular_field
from stressid_keras.preprocessing.signal_levels import person_levels

PERSON = PreparationConfig()
WINDOW = dataclasses.replace(PERSON, gaf=GafConfig(levels="window"))


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    config = SyntheticConfig(subjects=3, tasks=3, seconds=8, fps=4, width=16, height=16)
    return make_synthetic_tree(tmp_path_factory.mktemp("levels") / "tree", config)


def prepared(tree, folder, config=PERSON):
    return prepare_dataset(index_dataset(tree, DatasetConfig()), folder, config)


def rewrite(tree, name, column, change):
    path = tree / "Physiological" / name.split("_")[0] / f"{name}.txt"
    rows = np.loadtxt(path, delimiter=",", skiprows=1)
    rows[:, column] = change(rows[:, column])
    np.savetxt(path, rows, fmt="%.4f", delimiter=",", header="ECG,EDA,RR", comments="")


def test_a_field_between_the_persons_levels_tells_a_calm_heart_from_a_stressed_one(tree, tmp_path):
    store = prepared(tree, tmp_path / "person")
    brightness = [store.read(row, "ecg").mean() for row in range(len(store))]
    for _, rows in store.manifest.groupby("subject"):  # the faster the heart, the brighter, for every person
        ordered = rows.sort_values("label").index
        assert np.corrcoef([brightness[row] for row in ordered], rows["label"].loc[ordered])[0, 1] > 0.8


def test_another_unit_for_all_recordings_of_a_person_changes_nothing(tree, tmp_path):
    import shutil

    other = tmp_path / "tree"
    shutil.copytree(tree, other)
    before = prepared(tree, tmp_path / "before")
    for name in before.manifest["recording"]:
        rewrite(other, name, 1, lambda values: 10 * values + 5)
    after = prepared(other, tmp_path / "after")
    for row in range(len(before)):
        difference = before.read(row, "eda").astype(int) - after.read(row, "eda").astype(int)
        assert np.abs(difference).max() <= 1  # the text has four decimals


def test_a_new_recording_of_a_person_redoes_the_signals_of_that_person_alone(tree, tmp_path):
    store = prepared(tree, tmp_path / "prepared")
    before = [store.read(row, "rr") for row in range(len(store))]
    person = store.manifest["subject"].iloc[0]
    rewrite(tree, store.manifest["recording"].iloc[0], 2, lambda values: 4 * values)
    store = prepared(tree, tmp_path / "prepared")
    changed = [not np.array_equal(store.read(row, "rr"), before[row]) for row in range(len(store))]
    assert changed == (store.manifest["subject"] == person).tolist()


def test_a_signal_that_cannot_be_used_gives_no_level():
    assert person_levels([{"ecg": (60.0, 80.0)}, {}, {"ecg": (55.0, 70.0), "rr": (0.0, 1.0)}]) == {
        "ecg": (55.0, 80.0),
        "rr": (0.0, 1.0),
    }
    assert person_levels([]) == {}


def test_levels_are_not_looked_for_where_each_window_is_scaled_by_itself(tree, tmp_path):
    store = prepared(tree, tmp_path / "prepared", WINDOW)
    assert not (store.path / ".levels.json").exists()


def test_bounds_are_read_as_zero_and_one_and_clip_what_lies_beyond():
    field = gramian_angular_field(np.array([-5.0, 0.0, 10.0, 20.0]), 4, bounds=(0.0, 10.0))
    np.testing.assert_allclose(np.diag(field), [-1, -1, 1, 1], atol=1e-5)

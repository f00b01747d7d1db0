import dataclasses
import functools
import shutil

import numpy as np
import pytest

from stressid_keras.config import DatasetConfig, GafConfig, PreparationConfig, QualityConfig
from stressid_keras.dataset import index_dataset, make_synthetic_tree
from stressid_keras.dataset.synthetic.tree import SyntheticConfig
from stressid_keras.errors import DatasetError
from stressid_keras.preprocessing import levels_of_person, prepare_dataset
from stressid_keras.preprocessing.signals.gaf import gramian_angular_field
from stressid_keras.preprocessing.signals.signal_levels import person_levels, recording_levels
from stressid_keras.preprocessing.signals.signal_reader import SignalReader

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


RNG = np.random.default_rng(0)
OUTLIERS = {  # column, change, modality that is refused
    "flat": (1, lambda values: np.full_like(values, 25.0), "eda"),
    "at its rail, with noise": (1, lambda values: 25 + 0.0008 * RNG.standard_normal(len(values)), "eda"),
    "at zero, with noise": (1, lambda values: 0.001 * RNG.standard_normal(len(values)), "eda"),
    "in nS": (1, lambda values: 1000 * values, "eda"),
    "in mS": (1, lambda values: values / 1000, "eda"),
    "mostly missing": (1, lambda values: np.where(np.arange(len(values)) > 900, np.nan, 40 * values), "eda"),
    "in V": (2, lambda values: 1000 * values, "rr"),
    "with another zero": (2, lambda values: values + 60, "rr"),
    "noise": (0, lambda values: RNG.standard_normal(len(values)), "ecg"),
    "a random walk": (0, lambda values: np.cumsum(RNG.standard_normal(len(values))), "ecg"),
    "half noise": (
        0,
        lambda values: np.where(
            np.arange(len(values)) % 4000 < 2000, values, RNG.standard_normal(len(values))
        ),
        "ecg",
    ),
}


def field(store, name, modality):
    (row,) = store.manifest.index[store.manifest["recording"] == name]
    return store.read(int(row), modality).tobytes()


def chosen(tree, per_person):
    """An index of some recordings of one person, and one of each other; and the one that a test spoils."""
    index = index_dataset(tree, DatasetConfig())
    first, *others = index.subjects
    mine = [recording for recording in index.recordings if recording.subject == first][:per_person]
    rest = [next(r for r in index.recordings if r.subject == other) for other in others]
    return dataclasses.replace(index, recordings=(*mine, *rest)), mine[0]


@pytest.fixture(scope="module")
def without(tree, tmp_path_factory):
    """without(per_person) → a store of what `chosen` gives but for the one that is spoilt."""

    @functools.cache
    def without(per_person):
        index, bad = chosen(tree, per_person)
        index = dataclasses.replace(index, recordings=tuple(r for r in index.recordings if r != bad))
        return prepare_dataset(index, tmp_path_factory.mktemp("without"), PERSON)

    return without


@pytest.mark.parametrize(
    ("kind", "per_person"), [*((kind, 2) for kind in OUTLIERS), ("flat", 3), ("in nS", 3), ("noise", 3)]
)
def test_a_signal_that_is_refused_leaves_no_trace_in_those_of_its_person(
    tree, tmp_path, without, kind, per_person
):
    column, change, modality = OUTLIERS[kind]
    shutil.copytree(tree, tmp_path / "tree")
    index, bad = chosen(tmp_path / "tree", per_person)
    rewrite(tmp_path / "tree", bad.name, column, change)
    store, expected = prepare_dataset(index, tmp_path / "prepared", PERSON), without(per_person)
    assert list(zip(store.failures["recording"], store.failures["modality"], strict=True)) == [
        (bad.name, modality)
    ]
    for name in expected.manifest["recording"]:
        assert field(store, name, modality) == field(expected, name, modality)


def test_signals_at_another_rate_that_are_refused_set_no_levels(tmp_path):
    root = make_synthetic_tree(
        tmp_path / "tree", SyntheticConfig(subjects=1, tasks=3, seconds=12, fps=2, width=16, height=16)
    )
    index = index_dataset(root, DatasetConfig())
    bad, *good = index.recordings
    path = bad.sources["ecg"]
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], *np.repeat(lines[1:], 2)]))  # as recorded at 1000 Hz
    with_it = prepare_dataset(index, tmp_path / "with", PERSON)
    without = prepare_dataset(
        dataclasses.replace(index, recordings=tuple(good)), tmp_path / "without", PERSON
    )
    assert set(with_it.failures["recording"]) == {bad.name}
    for recording in good:
        for modality in ("ecg", "eda", "rr"):
            assert field(with_it, recording.name, modality) == field(without, recording.name, modality)


def test_an_electrode_that_is_off_for_half_a_recording_has_no_level_there(tree, tmp_path):
    shutil.copytree(tree, tmp_path / "tree")
    index = index_dataset(tmp_path / "tree", DatasetConfig())
    recording = index.recordings[0]
    before = recording_levels(SignalReader(recording, QualityConfig()), PERSON)["eda"]
    rewrite(
        tmp_path / "tree",
        recording.name,
        1,
        lambda values: np.where(np.arange(len(values)) < 1800, 25, values),
    )
    after = recording_levels(SignalReader(recording, QualityConfig()), PERSON)["eda"]
    assert before[0] - 0.1 < after[0] < after[1] < before[1] + 0.1


def test_where_two_recordings_disagree_and_nobody_else_is_there_both_are_refused(tree, tmp_path):
    shutil.copytree(tree, tmp_path / "tree")
    index = index_dataset(tmp_path / "tree", DatasetConfig())
    rewrite(tmp_path / "tree", index.recordings[0].name, 1, lambda values: 1000 * values)
    two = dataclasses.replace(index, recordings=index.recordings[:2])
    with pytest.raises(DatasetError, match="move elsewhere; expected one unit and one range"):
        prepare_dataset(two, tmp_path / "prepared", PERSON)
    levels = levels_of_person(index, index.recordings[0].subject, PERSON)  # of three, two agree
    assert levels["eda"][1] < 50


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

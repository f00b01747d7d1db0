"""Measures of all windows: those of their own span, computed once, and relative to the person where asked."""

import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.errors import StressIDError
from stressid_keras.preprocessing import load_signals
from stressid_keras.preprocessing.measures import (
    load_or_compute_measures,
    measure_names,
    physiology_features,
    relative_to_person,
    signal_table,
    stored,
)
from stressid_keras.preprocessing.measures.picture import mean_picture


@pytest.fixture(scope="module")
def index(tiny_tree):
    return index_dataset(tiny_tree, DatasetConfig())


@pytest.fixture(scope="module")
def store(tiny_store, tmp_path_factory):
    folder = shutil.copytree(
        tiny_store.path,
        tmp_path_factory.mktemp("measured") / "prepared",
        ignore=shutil.ignore_patterns(stored.FILE),
    )
    return type(tiny_store).open(folder)


@pytest.fixture(scope="module")
def measures(index, store):
    return load_or_compute_measures(index, store)


def test_they_are_those_of_the_windows_signals_and_frames(index, store, measures):
    row = len(store) - 1
    recording = next(one for one in index.recordings if one.name == store.manifest["recording"].iloc[row])
    found = physiology_features(load_signals(recording.sources["ecg"]), 500.0, store.config.quality)
    for modality in ("ecg", "eda", "rr"):
        expected = [found[name] for name in measure_names(modality)]
        np.testing.assert_allclose(measures[modality][row], expected, rtol=1e-5)
    np.testing.assert_array_equal(measures["video"][row], mean_picture(store.read(row, "video")))
    table = signal_table(measures, store.manifest.index)
    assert (
        table["ecg_rate_mean"].iloc[row] == measures["ecg"][row, measure_names("ecg").index("ecg_rate_mean")]
    )


def test_they_are_computed_once_and_anew_when_damaged_or_of_other_windows(
    index, store, measures, monkeypatch
):
    path = store.path / stored.FILE
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    again = load_or_compute_measures(index, store, jobs=2)
    for name, values in measures.items():
        np.testing.assert_array_equal(again[name], values)
    monkeypatch.setattr(stored, "_computed", lambda *arguments: {"eda": np.zeros((1, 1))})
    assert set(load_or_compute_measures(index, store)) == set(measures)
    other = type(store).open(store.path)
    other.windows_fingerprint = "another"
    assert set(load_or_compute_measures(index, other)) == {"eda"}


def test_a_window_has_none_of_what_it_lacks(index, store, monkeypatch):
    monkeypatch.setattr(type(store), "has", lambda self, name: np.full(len(self), name != "eda"))
    found = stored._computed(index, store, 1, None)
    assert np.isnan(found["eda"]).all()
    assert np.isfinite(found["video"]).all()


def test_recordings_that_are_not_known_are_named(index, store):
    fewer = dataclasses.replace(index, recordings=index.recordings[1:])
    with pytest.raises(StressIDError, match=f"holds {index.recordings[0].name}, which is not in"):
        stored._computed(fewer, store, 1, None)


def test_relative_to_the_person_nothing_tells_who_it_is():
    random = np.random.default_rng(0)
    state, subjects = random.normal(size=(9, 2)), np.repeat(["a", "b", "c"], 3)
    person = np.repeat(random.normal(100, 50, (3, 2)), 3, axis=0)
    relative = relative_to_person(state + person, subjects)
    expected = state - pd.DataFrame(state).groupby(subjects).transform("mean").to_numpy()
    np.testing.assert_allclose(relative, expected, atol=1e-9)


def test_what_is_missing_stays_so_and_counts_for_no_mean():
    relative = relative_to_person(np.array([[1.0], [np.nan], [3.0], [np.nan]]), ["a", "a", "a", "b"])
    np.testing.assert_array_equal(relative, [[-1.0], [np.nan], [1.0], [np.nan]])


def test_a_mean_picture_is_small_and_grey_and_covers_all():
    frames = np.zeros((2, 32, 64, 3), "uint8")
    frames[0, :16, :, 1] = 200
    picture = mean_picture(frames).reshape(16, 16)
    np.testing.assert_allclose(picture[:8], 200 * 0.587 / 2, rtol=1e-5)
    np.testing.assert_array_equal(picture[8:], 0)

"""Every window of a prepared folder has features of its own span; they are computed once and noticed when stale."""

import dataclasses
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stressid_keras.analysis.baselines import (
    audio_features,
    baseline_features,
    load_features,
    load_or_compute,
    save_features,
    stored,
)
from stressid_keras.config import DatasetConfig, PreparationConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.errors import StaleError, StressIDError
from stressid_keras.media.sound.waveform import without_offset
from stressid_keras.preprocessing import load_signals, load_waveform, prepare_dataset
from stressid_keras.preprocessing.measures import physiology_features
from stressid_keras.preprocessing.measures import stored as stored_measures
from stressid_keras.store.images import save_gaf_image, save_log_mel_image
from stressid_keras.store.store import PreparedStore


@pytest.fixture(scope="module")
def index(tiny_tree):
    return index_dataset(tiny_tree, DatasetConfig())


@pytest.fixture(scope="module")
def features(index, tiny_store):
    return baseline_features(index, tiny_store)


@pytest.fixture
def store(tiny_store, tmp_path):
    """A copy that a test may write into, without what a run of another test left in the shared folder."""
    without_features = shutil.ignore_patterns(stored.FILE, stored_measures.FILE)
    return PreparedStore.open(
        shutil.copytree(tiny_store.path, tmp_path / "prepared", ignore=without_features)
    )


def with_images(index, store, modalities, folder):
    """The index with images in the place of the files of some modalities."""
    recordings = []
    for recording in index.recordings:
        row = int(np.flatnonzero(store.manifest["recording"] == recording.name)[0])
        sources = dict(recording.sources)
        for modality in modalities:
            save = save_log_mel_image if modality == "audio" else save_gaf_image
            sources[modality] = folder / f"{recording.name}_{modality}.png"
            save(sources[modality], store.read(row, modality))
        recordings.append(dataclasses.replace(recording, sources=sources))
    return dataclasses.replace(index, recordings=tuple(recordings))


def test_a_row_per_complete_window_in_the_manifests_order(features, tiny_store):
    windows = tiny_store.manifest[tiny_store.complete]
    pd.testing.assert_frame_equal(features[["recording", "window"]], windows[["recording", "window"]])
    assert (features.dtypes.iloc[2:] == np.float64).all()
    assert not features.filter(regex="audio_|ecg_rate|eda_tonic|rr_mean").isna().any(axis=None)


def test_features_are_those_of_the_windows_own_span(tiny_tree, tmp_path):
    index = index_dataset(tiny_tree, DatasetConfig())
    index = dataclasses.replace(index, recordings=index.recordings[:1])
    store = prepare_dataset(index, tmp_path, PreparationConfig(window_seconds=2.0, hop_seconds=1.0))
    table = baseline_features(index, store)
    assert table["window"].tolist() == [0, 1, 2, 3]
    sources = index.recordings[0].sources
    waveform, signals = load_waveform(sources["audio"], 16_000), load_signals(sources["ecg"])
    for window, features in enumerate(table.drop(columns=["recording", "window"]).to_dict("records")):
        expected = audio_features(
            without_offset(waveform[window * 16_000 :][:32_000]), 16_000
        ) | physiology_features(
            {name: signal[window * 500 :][:1000] for name, signal in signals.items()}, 500.0
        )
        assert list(features) == list(expected)
        np.testing.assert_allclose(list(features.values()), list(expected.values()), rtol=1e-5, atol=1e-8)


def test_the_same_numbers_whatever_the_processes(features, index, tiny_store):
    calls = []
    parallel = baseline_features(index, tiny_store, jobs=2, progress=lambda *call: calls.append(call))
    pd.testing.assert_frame_equal(parallel, features, check_exact=True)
    count = tiny_store.manifest["recording"].nunique()
    assert calls == [(done, count) for done in range(1, count + 1)]


@pytest.mark.parametrize(
    ("modalities", "prefixes"),
    [(("audio",), ("ecg_", "eda_", "rr_")), (("ecg", "eda", "rr"), ("audio_",))],
)
def test_a_group_that_came_as_images_alone_is_absent(index, store, features, tmp_path, modalities, prefixes):
    table = baseline_features(with_images(index, store, modalities, tmp_path), store)
    expected = [name for name in features.columns[2:] if name.startswith(prefixes)]
    pd.testing.assert_frame_equal(table[expected], features[expected], check_exact=True)
    assert list(table.columns) == ["recording", "window", *expected]


def test_one_recording_that_came_as_an_image_has_no_features_of_it(index, tiny_store, features, tmp_path):
    images = with_images(index, tiny_store, ("audio",), tmp_path).recordings
    mixed = dataclasses.replace(index, recordings=(images[0], *index.recordings[1:]))
    table = baseline_features(mixed, tiny_store)
    is_first = table["recording"] == images[0].name
    audio = table.filter(like="audio_")
    assert list(table.columns) == list(features.columns)
    assert audio[is_first].isna().all(axis=None)
    assert not audio[~is_first].isna().any(axis=None)


def test_files_that_are_gone_and_recordings_that_are_not_known_are_named(index, tiny_store):
    first = index.recordings[0]
    lost = dataclasses.replace(first, sources={**first.sources, "audio": Path("/nowhere/a.wav")})
    with pytest.raises(StressIDError, match=rf"{first.name} cannot be read .*nowhere/a.wav"):
        baseline_features(dataclasses.replace(index, recordings=(lost, *index.recordings[1:])), tiny_store)
    with pytest.raises(StressIDError, match=rf"holds {first.name}, which is not in"):
        baseline_features(dataclasses.replace(index, recordings=index.recordings[1:]), tiny_store)


def test_kept_features_are_the_same_to_the_last_bit(store, features):
    save_features(store, features)
    pd.testing.assert_frame_equal(load_features(store), features, check_exact=True)
    assert len(pd.read_csv(store.path / stored.FILE, comment="#")) == len(features)


def test_features_are_computed_once_and_anew_when_stale(index, store, features, monkeypatch):
    calls = []
    with monkeypatch.context() as patch:
        patch.setattr(stored, "FEATURES_VERSION", stored.FEATURES_VERSION - 1)
        save_features(store, features.assign(audio_level_mean=0.0))
    first = load_or_compute(index, store, progress=lambda *call: calls.append(call))
    pd.testing.assert_frame_equal(first, features, check_exact=True)
    content, count = (store.path / stored.FILE).read_bytes(), len(calls)
    pd.testing.assert_frame_equal(
        load_or_compute(index, store, progress=lambda *call: calls.append(call)), first, check_exact=True
    )
    assert (store.path / stored.FILE).read_bytes() == content
    assert len(calls) == count


@pytest.mark.parametrize("change", ["windows", "version", "damage", "lines", "absent"])
def test_stale_features_are_refused(store, features, monkeypatch, change):
    path = store.path / stored.FILE
    save_features(store, features)
    if change == "windows":
        store.windows_fingerprint = "other"
    elif change == "version":
        monkeypatch.setattr(stored, "FEATURES_VERSION", stored.FEATURES_VERSION + 1)
    elif change == "damage":
        path.write_bytes(path.read_bytes()[:-500])
    elif change == "lines":
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    else:
        path.unlink()
    with pytest.raises(StaleError, match="compute the features again"):
        load_features(store)


def test_two_at_once_compute_once_and_leave_one_sound_file(index, store, features):
    calls = []

    def load(_):
        return load_or_compute(
            index, PreparedStore.open(store.path), progress=lambda *call: calls.append(call)
        )

    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(load, range(2)):
            pd.testing.assert_frame_equal(found, features, check_exact=True)
    assert len(calls) == features["recording"].nunique()
    assert not list(store.path.glob(".baseline_features-*"))

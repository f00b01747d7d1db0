"""A window's waveform is the one that its stored log-mel came from."""

import dataclasses

import numpy as np
import pytest
import soundfile

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.errors import StaleError
from stressid_keras.preprocessing import prepare_dataset
from stressid_keras.preprocessing.audio import log_mel
from stressid_keras.preprocessing.waveforms import window_waveforms
from stressid_keras.store.encoding import to_stored


@pytest.fixture(scope="module")
def audio_files(tiny_tree):
    return {
        recording.name: recording.sources["audio"]
        for recording in index_dataset(tiny_tree, DatasetConfig()).recordings
        if "audio" in recording.sources
    }


@pytest.fixture(scope="module")
def two_second_windows(tiny_tree, tiny_config, tmp_path_factory):
    config = dataclasses.replace(tiny_config.preparation, window_seconds=2.0, hop_seconds=1.5)
    index = index_dataset(tiny_tree, DatasetConfig())
    return prepare_dataset(index, tmp_path_factory.mktemp("two-seconds"), config)


def test_log_mels_of_the_waveforms_are_the_stored_ones(two_second_windows, audio_files):
    store = two_second_windows
    rows = np.flatnonzero(store.has("audio"))
    assert store.manifest["window"].max() > 0
    found = list(window_waveforms(store, rows, audio_files))
    assert len(found) == len(rows)
    for position, (row, waveform) in zip(rows, found, strict=True):
        assert row["recording"] == store.manifest["recording"].iloc[position]
        stored = store.read(position, "audio")
        np.testing.assert_array_equal(to_stored(log_mel(waveform, store.config.audio), "audio"), stored)


def test_windows_without_a_waveform_are_left_out(tiny_store, audio_files):
    names = list(audio_files)
    files = {names[0]: audio_files[names[0]], names[1]: audio_files[names[1]].with_suffix(".png")}
    rows = range(len(tiny_store))
    assert {row["recording"] for row, _ in window_waveforms(tiny_store, rows, files)} == {names[0]}


def test_a_file_that_was_replaced_since_is_refused(tiny_store, audio_files, tmp_path):
    name = next(iter(audio_files))
    soundfile.write(tmp_path / "a.wav", np.resize([0.1, -0.1], 8000), 16_000)
    rows = np.flatnonzero(tiny_store.manifest["recording"] == name)
    with pytest.raises(StaleError, match="gives 8000 samples for window 0"):
        list(window_waveforms(tiny_store, rows, {name: tmp_path / "a.wav"}))

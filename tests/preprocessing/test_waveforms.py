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
def recordings(tiny_tree):
    return index_dataset(tiny_tree, DatasetConfig()).recordings


@pytest.fixture(scope="module")
def two_second_windows(tiny_tree, tiny_config, tmp_path_factory):
    config = dataclasses.replace(tiny_config.preparation, window_seconds=2.0, hop_seconds=1.5)
    index = index_dataset(tiny_tree, DatasetConfig())
    return prepare_dataset(index, tmp_path_factory.mktemp("two-seconds"), config)


def test_log_mels_of_the_waveforms_are_the_stored_ones(two_second_windows, recordings):
    store = two_second_windows
    rows = np.flatnonzero(store.has("audio"))
    assert store.manifest["window"].max() > 0
    found = list(window_waveforms(store, rows, recordings))
    assert len(found) == len(rows)
    for position, (row, waveform) in zip(rows, found, strict=True):
        assert row["recording"] == store.manifest["recording"].iloc[position]
        stored = store.read(position, "audio")
        np.testing.assert_array_equal(to_stored(log_mel(waveform, store.config.audio), "audio"), stored)


def test_windows_without_a_waveform_are_left_out(tiny_store, recordings):
    first, second = recordings[:2]
    second = dataclasses.replace(second, sources={"audio": second.sources["audio"].with_suffix(".png")})
    found = window_waveforms(tiny_store, range(len(tiny_store)), [first, second])
    assert {row["recording"] for row, _ in found} == {first.name}


def test_a_file_that_was_replaced_since_is_refused(tiny_store, recordings, tmp_path):
    replaced = dataclasses.replace(recordings[0], sources={"audio": tmp_path / "a.wav"})
    soundfile.write(tmp_path / "a.wav", np.resize([0.1, -0.1], 8000), 16_000)
    rows = np.flatnonzero(tiny_store.manifest["recording"] == replaced.name)
    with pytest.raises(StaleError, match="gives 8000 samples for window 0"):
        list(window_waveforms(tiny_store, rows, [replaced]))

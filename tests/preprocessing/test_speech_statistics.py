"""A speech encoder's statistics of the windows: those of their waveforms, computed once, kept beside the windows."""

import dataclasses
import shutil

import numpy as np
import pytest
import soxr

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.media.sound.waveform import without_offset
from stressid_keras.media.speech import load_weights, speech_statistics
from stressid_keras.preprocessing import speech_statistics as stored
from stressid_keras.preprocessing.speech_statistics import encoded, load_or_compute_statistics
from stressid_keras.preprocessing.waveforms import window_waveforms


@pytest.fixture(scope="module")
def index(tiny_tree):
    return index_dataset(tiny_tree, DatasetConfig())


@pytest.fixture(scope="module")
def statistics(index, tiny_store):
    return load_or_compute_statistics(index, tiny_store)


def test_they_are_those_of_the_windows_waveforms(index, tiny_store, statistics):
    assert statistics.shape == (len(tiny_store), 1024)
    rows = [0, len(tiny_store) - 1]
    for row, (_, waveform) in zip(rows, window_waveforms(tiny_store, rows, index.recordings), strict=True):
        expected = speech_statistics(without_offset(waveform), load_weights())
        np.testing.assert_allclose(statistics[row], expected, atol=1e-6)


def test_they_are_computed_once(index, tiny_store, statistics, monkeypatch):
    monkeypatch.setattr(stored, "_computed", lambda *arguments: pytest.fail("computed again"))
    np.testing.assert_array_equal(load_or_compute_statistics(index, tiny_store), statistics)


def test_a_damaged_file_is_made_again(index, tiny_store, statistics):
    path = tiny_store.path / stored.FILE
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    np.testing.assert_array_equal(load_or_compute_statistics(index, tiny_store, jobs=2), statistics)


def test_those_of_other_windows_are_computed_again(index, tiny_store, statistics, tmp_path, monkeypatch):
    other = type(tiny_store).open(shutil.copytree(tiny_store.path, tmp_path / "copy"))
    monkeypatch.setattr(stored, "_computed", lambda *arguments: statistics + 1)
    np.testing.assert_array_equal(load_or_compute_statistics(index, other), statistics)
    other.windows_fingerprint = "another"
    np.testing.assert_array_equal(load_or_compute_statistics(index, other), statistics + 1)


def test_a_window_without_a_sound_file_has_none(index, tiny_store, tmp_path):
    store = dataclasses.replace(index, recordings=index.recordings[1:])
    tiny_store_elsewhere = type(tiny_store).open(tiny_store.path)
    tiny_store_elsewhere.path = tmp_path
    found = load_or_compute_statistics(store, tiny_store_elsewhere)
    lost = (tiny_store.manifest["recording"] == index.recordings[0].name).to_numpy()
    assert np.isnan(found[lost]).all()
    assert np.isfinite(found[~lost]).all()


def test_another_rate_is_resampled():
    generator = np.random.default_rng(0)
    waveform = (0.1 * generator.standard_normal(16_000)).astype(np.float32)
    slower = soxr.resample(waveform, 16_000, 8_000, quality="HQ")
    again = soxr.resample(slower, 8_000, 16_000, quality="HQ")
    np.testing.assert_allclose(encoded(slower, 8_000), encoded(again, 16_000), atol=1e-6)

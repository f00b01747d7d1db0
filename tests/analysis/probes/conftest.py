"""Features of made-up people, for simulations, and simple ones of real files."""

import numpy as np
import pandas as pd
import pytest
import soundfile
from threadpoolctl import threadpool_limits

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset import index_dataset

COLUMNS = 150


@pytest.fixture(autouse=True)
def one_thread():
    """Hundreds of small decompositions wait for each other's threads on a busy machine."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def people():
    return make_people


@pytest.fixture(scope="session")
def file_features():
    """A function: features (n, d), subjects and recordings of a tree's used recordings, read from its raw files."""

    def read(root):
        used = index_dataset(root, DatasetConfig()).recordings
        features = [np.concatenate([sound(r.sources["audio"]), signals(r.sources["ecg"])]) for r in used]
        return np.array(features), [r.subject for r in used], [r.name for r in used]

    return read


def make_people(rng, n_people, traits, strength, recordings=(3, 11), columns=COLUMNS):
    """Features (n, columns), people (n,) and recordings (n,) of people who differ in as many traits as said.

    `strength` is the standard deviation of a trait between people by that of chance within a person; both reach the
    columns through random mixtures, so columns are correlated as those of hand-crafted features are.
    """
    between = rng.normal(size=(traits, columns)) / np.sqrt(traits)
    within = rng.normal(size=(20, columns)) / np.sqrt(20)
    counts = rng.integers(recordings[0], recordings[1] + 1, size=n_people)
    person = np.repeat(np.arange(n_people), counts)
    features = (strength * rng.normal(size=(n_people, traits)) @ between)[person]
    features += rng.normal(size=(len(person), 20)) @ within
    features += 0.5 * rng.normal(size=features.shape)
    names = np.array([f"p{number:02}" for number in person])
    return features, names, np.array([f"{name}_r{row:03}" for row, name in enumerate(names)])


def sound(path):
    """Mean and spread of log energy in 24 bands, and how often the waveform crosses zero."""
    waveform, _ = soundfile.read(path)
    frames = np.lib.stride_tricks.sliding_window_view(waveform, 512)[::256] * np.hanning(512)
    energy = np.abs(np.fft.rfft(frames))[:, 1:241].reshape(len(frames), 24, 10).sum(axis=2)
    bands = np.log(energy + 1e-6)
    return np.concatenate([bands.mean(axis=0), bands.std(axis=0), [np.mean(np.diff(np.sign(waveform)) != 0)]])


def signals(path):
    """Quantiles of each signal and of its steps."""
    values = pd.read_csv(path).to_numpy()
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    return np.concatenate([np.quantile(x, levels, axis=0).ravel() for x in (values, np.diff(values, axis=0))])

"""Signals come from whichever files hold them, at the rate that is known of each, and each file is read once."""

import numpy as np
import pytest

from stressid_keras.config import QualityConfig
from stressid_keras.dataset import Recording
from stressid_keras.dataset.recording import Part
from stressid_keras.preprocessing.signals import signal_reader
from stressid_keras.preprocessing.signals.signal_reader import SignalReader

QUALITY = QualityConfig()


@pytest.fixture
def files(tmp_path):
    """files(*titles) → a file of ten seconds at 700 Hz with these columns."""

    def write(*titles):
        path = tmp_path / f"{'_'.join(titles)}.csv"
        values = np.random.default_rng(0).normal(size=(7_000, len(titles)))
        np.savetxt(path, values, "%.4f", ",", header=",".join(titles), comments="")
        return path

    return write


@pytest.mark.parametrize("known", ["ecg", "eda"])
def test_a_rate_that_is_known_of_one_signal_is_that_of_its_file(files, known):
    path = files("ECG", "EDA")
    recording = Recording("a_b", "a", "b", 0, {"ecg": path, "eda": path}, {known: Part(rate=700.0)})
    reader = SignalReader(recording, QUALITY)
    assert len(reader.samples("ecg")) == len(reader.samples("eda")) == 10 * QUALITY.signal_rate


def test_files_of_signals_that_recordings_share_are_read_once(files, monkeypatch):
    read, read_signal_file = [], signal_reader.read_signal_file

    def counting(path, columns):
        read.append(path.name)
        return read_signal_file(path, columns)

    monkeypatch.setattr(signal_reader, "read_signal_file", counting)
    sources = {"ecg": files("ECG"), "eda": files("EDA")}
    for task, start in (("first", 0.0), ("second", 5.0)):
        parts = {name: Part(start, start + 4.0, True, 700.0) for name in sources}
        reader = SignalReader(Recording(f"a_{task}", "a", task, 0, sources, parts), QUALITY)
        for name, path in sources.items():
            assert len(reader.file(path)) == 7_000
            assert len(reader.samples(name)) == 4 * QUALITY.signal_rate
    assert read == ["ECG.csv", "EDA.csv"]

"""Signals that last equally long whatever the sound lasts are used; those of another rate are not."""

import dataclasses

import numpy as np
import pytest
import soundfile

from stressid_keras.config import GafConfig, PreparationConfig
from stressid_keras.errors import DatasetError
from stressid_keras.preprocessing import prepare_dataset, prepare_recording, signals_may_run_on, work
from stressid_keras.preprocessing.estimate import estimate_nbytes
from stressid_keras.preprocessing.lengths import signals_run_on


@pytest.mark.parametrize(
    ("sounds", "signals", "expected"),
    [
        ((3.1, 3.7, 4.4, 5.0), (30.0, 30.0, 30.0, 30.1), True),
        ((3.1, 3.7, 4.4, 5.0), (6.2, 7.4, 8.8, 10.0), False),  # of twice the rate
        ((60.0, 60.1, 60.2, 60.0), (120.0, 120.1, 120.2, 120.4), False),  # of twice the rate, or both fixed
        ((3.1, 3.7, 4.4, 5.0), (3.1, 3.7, 4.4, 30.0), False),  # one recording's fault
        ((30.0, 29.0, 31.0, 30.0), (3.0, 3.0, 3.0, 3.0), False),  # shorter
        ((), (), False),
    ],
)
def test_what_running_on_is(sounds, signals, expected):
    recordings = [{"audio": a, "ecg": s, "eda": s} for a, s in zip(sounds, signals, strict=True)]
    assert signals_run_on(recordings) == expected


def longer(recording, seconds_of_sound, rows):
    samples, rate = soundfile.read(recording.sources["audio"])
    soundfile.write(recording.sources["audio"], samples[: round(seconds_of_sound * rate)], rate)
    lines = recording.sources["ecg"].read_text().splitlines()
    repeated = np.resize(np.array(lines[1:], dtype=object), rows)
    recording.sources["ecg"].write_text("\n".join([lines[0], *repeated]) + "\n")


def without_video(index):
    recordings = tuple(
        dataclasses.replace(r, sources={m: p for m, p in r.sources.items() if m != "video"})
        for r in index.recordings
    )
    return dataclasses.replace(index, recordings=recordings, modalities=("audio", "ecg", "eda", "rr"))


@pytest.fixture(params=["person", "window"])
def config(request):
    return PreparationConfig(gaf=GafConfig(levels=request.param))


def test_signals_that_run_on_are_used_and_said(index, tmp_path, config):
    for recording, seconds in zip(
        index.recordings, np.linspace(1.2, 2.0, len(index.recordings)), strict=True
    ):
        longer(recording, seconds, 15_000)
    announced = []
    store = prepare_dataset(without_video(index), tmp_path / "prepared", config, announce=announced.append)
    assert store.complete.sum() >= 3  # where rows are repeated a heartbeat may be broken
    assert not store.failures["reason"].str.contains("cannot be one recording").any()
    sizes = [estimate_nbytes(without_video(index).recordings, config, run_on) for run_on in (True, False)]
    assert announced == sizes[:1]
    assert sizes[0] > sizes[1]
    assert set(store.notes["lengths"]) == {recording.name for recording in index.recordings}
    again = prepare_dataset(
        without_video(index), tmp_path / "prepared", config, inspected=lambda *_: pytest.fail("looked again")
    )
    assert again.fingerprint == store.fingerprint


def test_a_recording_alone_is_prepared_as_its_data_set_says(index, config):
    for recording, seconds in zip(
        index.recordings, np.linspace(1.2, 2.0, len(index.recordings)), strict=True
    ):
        longer(recording, seconds, 15_000)
    index = without_video(index)
    recording = index.recordings[-1]
    run_on = signals_may_run_on(index, recording, config)
    assert run_on
    for modality in ("ecg", "eda", "rr"):
        assert "cannot be one" in prepare_recording(recording, config)[modality][0].reason
        assert "cannot be one" not in prepare_recording(recording, config, None, run_on)[modality][0].reason


def test_other_recordings_are_looked_at_only_if_signals_are_longer(index, config, monkeypatch):
    first, looked_at, measure_sources = index.recordings[0], set(), work.measure_sources

    def counting(recording, config):
        looked_at.add(recording.name)
        return measure_sources(recording, config)

    monkeypatch.setattr(work, "measure_sources", counting)
    assert not signals_may_run_on(index, first, config)
    assert looked_at == {first.name}


def test_signals_of_another_rate_are_refused_with_the_rate_that_would_fit(index, tmp_path, config):
    for recording, seconds in zip(
        index.recordings, np.linspace(1.2, 2.0, len(index.recordings)), strict=True
    ):
        longer(recording, seconds, round(seconds * 4_000))
    with pytest.raises(DatasetError, match="4000 Hz would fit"):
        prepare_dataset(without_video(index), tmp_path / "prepared", config)
    index = without_video(index)
    assert not signals_may_run_on(index, index.recordings[0], config)

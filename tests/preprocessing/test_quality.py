"""Each fault of a recording shows in the manifest by how much, and beyond its limit is refused with the reason."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import soundfile

from stressid_keras.config import PreparationConfig, QualityConfig
from stressid_keras.media.film.frames import read_frames_and_dropped
from stressid_keras.preprocessing import prepare_dataset
from stressid_keras.preprocessing.quality import flat_share, silent_share
from stressid_keras.store.store import OPTIONAL_COLUMNS

CONFIG = PreparationConfig()


def change_audio(recording, change, subtype="PCM_16"):
    samples, rate = soundfile.read(recording.sources["audio"])
    soundfile.write(recording.sources["audio"], change(samples), rate, subtype=subtype)


def change_text(recording, change):
    path = recording.sources["ecg"]
    change(pd.read_csv(path)).to_csv(path, index=False)


def row_of(index, folder, config=CONFIG):
    store = prepare_dataset(index, folder, config)
    return store.manifest[store.manifest["recording"] == index.recordings[0].name].iloc[0], store


def test_a_sound_recording_shows_no_fault(index, tmp_path):
    row, _ = row_of(index, tmp_path / "prepared")
    measured = row.drop(list(OPTIONAL_COLUMNS))
    faults = [name for name in measured.index if name.endswith(("_share", "_frames"))]
    assert len(faults) == 9
    assert (row[faults] == 0).all()
    for signal in ("ecg", "eda", "rr"):  # a video lasts to the end of its last frame, a little longer
        assert 0 <= row[f"{signal}_dropped_samples"] < 100


def test_clipped_and_silent_parts_of_a_waveform_are_measured(index, tmp_path):
    def spoil(samples):
        n = len(samples)
        return np.where(np.arange(n) < n / 4, 1.0, np.where(np.arange(n) > n / 2, 1e-5, 0.5 * samples))

    change_audio(index.recordings[0], spoil, "FLOAT")
    row, _ = row_of(index, tmp_path / "prepared")
    assert row["audio_clipped_share"] == pytest.approx(0.25, abs=0.01)
    assert row["audio_silent_share"] == pytest.approx(0.5, abs=0.03)


def test_flat_missing_and_dropped_samples_of_a_signal_are_measured(index, tmp_path):
    def spoil(table):
        n = len(table)
        table.loc[: n * 3 // 4 - 1, "EDA"] = 1.25
        table.loc[n - n // 50 : n, "ECG"] = np.nan
        return table.iloc[n // 10 :]

    whole = row_of(index, tmp_path / "whole")[0]
    change_text(index.recordings[0], spoil)
    row, _ = row_of(index, tmp_path / "prepared")
    assert row["eda_flat_share"] == pytest.approx(0.65 / 0.9, abs=0.01)
    assert row["ecg_missing_share"] == pytest.approx(0.02 / 0.9, abs=0.002)
    assert row["rr_dropped_samples"] - whole["rr_dropped_samples"] == pytest.approx(100, abs=5)


def test_frames_missing_in_gaps_are_counted(tmp_path, write_video):
    times = [time for number, time in enumerate(range(0, 4000, 100)) if number not in (7, 20, 21, 22)]
    path = write_video(tmp_path / "a.mp4", times=times)
    assert read_frames_and_dropped(path, 0, 60, CONFIG.video)[1:] == (36, 4)
    assert read_frames_and_dropped(write_video(tmp_path / "b.mp4"), 0, 60, CONFIG.video)[1:] == (40, 0)


@pytest.mark.parametrize(
    ("limit", "modality", "reason"),
    [
        ("max_clipped_share", "audio", "25.*% is clipped; expected at most 10%"),
        ("max_silent_share", "audio", "% is silent; expected at most 10%"),
        ("max_flat_share", "eda", "EDA: 75.*% is flat; expected at most 10%"),
    ],
)
def test_beyond_its_limit_a_fault_is_refused_with_the_reason(index, tmp_path, limit, modality, reason):
    n = 32_000
    change_audio(index.recordings[0], lambda x: np.where(np.arange(len(x)) < n // 4, 1.0, 0.3 * x), "FLOAT")
    change_audio(index.recordings[0], lambda x: np.where(np.arange(len(x)) > n // 2, 1e-5, x), "FLOAT")
    change_text(index.recordings[0], lambda t: t.assign(EDA=t["EDA"].where(t.index >= 750, 1.0)))
    strict = dataclasses.replace(CONFIG, quality=QualityConfig(**{limit: 0.1}))
    failures = prepare_dataset(index, tmp_path / "prepared", strict).failures
    assert list(failures["modality"]) == [modality]
    assert failures["reason"].str.contains(reason).all()


def test_measures_of_short_and_odd_input():
    assert flat_share(np.array([1, 1, 1, 2, np.nan, np.nan]), 3) == 0.5
    assert silent_share(np.zeros(10), 512, 1e-4) == 0

"""Whatever one recording holds, it is one failure per modality, and the rest is prepared as without it."""

import os

import numpy as np
import pytest

from stressid_keras.config import PreparationConfig
from stressid_keras.preprocessing import prepare_dataset, sources, transforms
from stressid_keras.preprocessing.estimate import estimate_nbytes
from stressid_keras.preprocessing.failures import by_cause
from stressid_keras.provenance import read_json, write_json

CONFIG = PreparationConfig()


def write_rows(recording, rows):
    lines = recording.sources["ecg"].read_text().splitlines()
    recording.sources["ecg"].write_text("\n".join([lines[0], *(lines[1:] * 20)[:rows]]) + "\n")


@pytest.mark.parametrize("rows", [1, 2, 3, 10, 25, 75, 130, 200, 450])
def test_signals_of_a_few_samples_are_a_failure_and_the_run_goes_on(index, tmp_path, rows):
    write_rows(index.recordings[0], rows)
    store = prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert set(store.failures["recording"]) == {index.recordings[0].name}
    assert list(store.failures["modality"]) == ["ecg", "eda", "rr"]
    assert len(store) == 3


@pytest.mark.parametrize(
    "error",
    [MemoryError("no room"), UnicodeDecodeError("utf-8", b"\xc9", 0, 1, "odd"), RecursionError(), OSError()],
)
@pytest.mark.parametrize(
    ("place", "name", "modality"),
    [
        (sources, "video_seconds", "video"),
        (sources, "audio_header", "audio"),
        (transforms.audio, "log_mel", "audio"),
    ],
)
def test_an_error_of_any_type_is_a_failure_that_is_tried_again(
    index, tmp_path, monkeypatch, error, place, name, modality
):
    def failing(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(place, name, failing)
        if modality == "audio":
            store = prepare_dataset(index, tmp_path / "prepared", CONFIG)
            assert set(store.failures["modality"]) == {"audio"}
            assert len(store.failures) == len(index.recordings)
        else:
            with pytest.raises(ValueError, match="None of 4 recordings can be used"):
                prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert prepare_dataset(index, tmp_path / "prepared", CONFIG).complete.all()


def test_an_error_while_planning_is_a_failure(index, tmp_path, monkeypatch):
    from stressid_keras.preprocessing import units

    plan, bad = units._plan, index.recordings[1].name

    def failing(recording, *rest):
        return 1 / 0 if recording.name == bad else plan(recording, *rest)

    monkeypatch.setattr(units, "_plan", failing)
    store = prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert set(store.failures["recording"]) == {bad}
    assert store.failures["reason"].str.startswith("unexpected ZeroDivisionError").all()


def test_a_file_that_vanishes_or_is_a_folder_is_a_failure(index, tmp_path):
    first, second = index.recordings[:2]
    os.unlink(first.sources["audio"])
    os.unlink(second.sources["ecg"])
    second.sources["ecg"].mkdir()
    store = prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert store.failures["reason"].str.contains("cannot be read: (?:No such file|Is a directory)").all()
    assert list(store.failures["modality"]) == ["audio", "ecg", "eda", "rr"]


def test_a_size_is_estimated_whatever_the_files_hold(index, monkeypatch):
    monkeypatch.setattr(sources, "video_seconds", lambda path: 1 / 0)
    assert estimate_nbytes(index.recordings, CONFIG) > 0


def test_reasons_that_differ_in_their_numbers_alone_are_one():
    reasons = [f"a.mp4 has no frame between {60 * i} and {60 * i + 60} s." for i in range(1, 60)]
    assert by_cause(reasons) == ["a.mp4 has no frame between 60 and 120 s. So it is in 59 windows."]
    assert by_cause(["a.wav is silent.", "a.wav is silent.", "a.wav: 60.0% is clipped."]) == [
        "a.wav is silent.",
        "a.wav: 60.0% is clipped.",
    ]


def test_a_recording_that_claims_days_is_refused_without_being_planned(index, tmp_path, monkeypatch):
    first, length = index.recordings[0].sources["video"], sources.video_seconds
    monkeypatch.setattr(sources, "video_seconds", lambda path: 2.4e7 if path == first else length(path))
    store = prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert list(store.failures["modality"]) == ["video"]
    assert (
        "lasts 24,000,000 s by what it says of itself; expected at most 21,600 s"
        in store.failures["reason"][0]
    )
    assert len(store) == 3
    assert store.counts["windows_left_out"] == 1


def test_files_of_different_lengths_are_listed(tree, tmp_path):
    import soundfile

    from stressid_keras.config import DatasetConfig
    from stressid_keras.dataset import SyntheticConfig, index_dataset, make_synthetic_tree

    root = make_synthetic_tree(
        tmp_path / "long", SyntheticConfig(subjects=1, tasks=3, seconds=12, fps=2, width=16, height=16)
    )
    index = index_dataset(root, DatasetConfig())
    early, doubled, _ = index.recordings
    samples, rate = soundfile.read(early.sources["audio"])
    soundfile.write(early.sources["audio"], samples[: 5 * rate], rate)
    lines = doubled.sources["ecg"].read_text().splitlines()
    doubled.sources["ecg"].write_text("\n".join([lines[0], *np.repeat(lines[1:], 2)]) + "\n")
    store = prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert store.notes["lengths"] == {early.name: "sound 5.0 s, video 12.0 s, signals 12.0 s"}
    assert store.failures["reason"].str.contains("lasts 24.0 s at 500 Hz.*1000 Hz would fit").all()
    assert set(store.failures["recording"]) == {doubled.name}


@pytest.mark.parametrize("name", [".sources.json", ".levels.json"])
@pytest.mark.parametrize("damage", ["edited", "list", "text", "deep", "unsealed"])
def test_a_cache_that_was_changed_or_damaged_is_made_again(index, tmp_path, content, name, damage):
    expected = content(prepare_dataset(index, tmp_path / "fresh", CONFIG).path)
    folder = prepare_dataset(index, tmp_path / "prepared", CONFIG).path
    values = read_json(folder / name)
    if damage == "edited":
        text = (folder / name).read_text()
        for found, put in ((".0,", ".5,"), ("1", "2")):
            text = text.replace(found, put, 3)
        (folder / name).write_text(text)
    elif damage == "unsealed":
        write_json(folder / name, {key: value for key, value in values.items() if key != "seal"})
    else:
        (folder / name).write_text({"list": "[1, 2]", "text": "{", "deep": "[" * 100_000}[damage])
    (folder / "prepare.json").unlink()  # so that everything is asked for again
    assert content(prepare_dataset(index, folder, CONFIG).path) == expected
    assert read_json(folder / name)["seal"] == values["seal"]

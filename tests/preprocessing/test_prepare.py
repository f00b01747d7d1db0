"""A run does only what is needed, survives what happens to it, and ends with the same bytes."""

import dataclasses
import errno
import fcntl
import shutil
import threading

import cv2
import numpy as np
import pytest
import soundfile

from stressid_keras.config import DatasetConfig, GafConfig, PreparationConfig, VideoConfig
from stressid_keras.dataset.index import index_dataset
from stressid_keras.errors import DatasetError, StressIDError
from stressid_keras.modalities import RECORDS
from stressid_keras.preprocessing import transforms, work
from stressid_keras.preprocessing.packing import commit
from stressid_keras.preprocessing.prepare import prepare_dataset
from stressid_keras.preprocessing.work import prepare_recording
from stressid_keras.store.encoding import from_stored
from stressid_keras.store.images import save_gaf_image, save_log_mel_image
from stressid_keras.system import locking

CONFIG = PreparationConfig()
SMALL = PreparationConfig(video=VideoConfig(max_side=32))


def content(folder):
    """Every file of the store; hidden files are caches and locks."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


@pytest.fixture(scope="module")
def undisturbed(pristine_tree, tmp_path_factory):
    """What a single run over the tree leaves."""
    index = index_dataset(pristine_tree, DatasetConfig())
    return content(prepare_dataset(index, tmp_path_factory.mktemp("undisturbed"), CONFIG).path)


@pytest.fixture(scope="module")
def undisturbed_small(pristine_tree, tmp_path_factory):
    index = index_dataset(pristine_tree, DatasetConfig())
    return content(prepare_dataset(index, tmp_path_factory.mktemp("undisturbed"), SMALL).path)


def test_two_processes_give_the_same_bytes_as_one(index, tmp_path, undisturbed):
    assert content(prepare_dataset(index, tmp_path / "prepared", CONFIG, jobs=2).path) == undisturbed


def test_nothing_but_the_store_is_left(undisturbed):
    arrays = {f"arrays/{modality}.bin" for modality in ("audio", "video", "ecg", "eda", "rr")}
    assert set(undisturbed) == arrays | {"inventory.json", "manifest.csv", "failures.csv", "prepare.json"}


def test_nothing_of_the_place_or_the_time_is_stored(pristine_tree, tmp_path, undisturbed):
    elsewhere = shutil.copytree(pristine_tree, tmp_path / "else" / "where", copy_function=shutil.copyfile)
    store = prepare_dataset(index_dataset(elsewhere, DatasetConfig()), tmp_path / "prepared", CONFIG)
    assert content(store.path) == undisturbed


def test_a_second_run_does_nothing(index, tmp_path, made):
    first = prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert len(made) == 20
    times = {
        path: path.stat().st_mtime_ns for path in first.path.rglob("*.*") if not path.name.startswith(".")
    }
    second = prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert len(made) == 20
    assert second.fingerprint == first.fingerprint
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_a_touched_but_unchanged_source_is_not_redone(index, tmp_path, made):
    prepare_dataset(index, tmp_path / "prepared", CONFIG)
    index.recordings[0].sources["video"].touch()
    prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert len(made) == 20


@pytest.mark.parametrize("change", ["audio", "text"])
def test_a_changed_source_redoes_its_modality_only_and_the_signals_of_its_person(
    index, tmp_path, made, change
):
    folder = tmp_path / "prepared"
    before = content(prepare_dataset(index, folder, CONFIG).path)
    recording = index.recordings[1]
    made.clear()
    if change == "audio":
        samples, rate = soundfile.read(recording.sources["audio"])
        soundfile.write(recording.sources["audio"], samples[::-1], rate)
        expected = [(recording.name, "audio")]
    else:
        text = recording.sources["ecg"].read_text().splitlines()
        wider = [",".join(f"{3 * float(value):.4f}" for value in line.split(",")) for line in text[:0:-1]]
        recording.sources["ecg"].write_text("\n".join([text[0], *wider]) + "\n")
        expected = [
            (other.name, modality)
            for other in index.recordings
            if other.subject == recording.subject
            for modality in ("ecg", "eda", "rr")
        ]
    store = prepare_dataset(index, folder, CONFIG)
    assert sorted(made) == expected
    assert store.path.joinpath("arrays/video.bin").read_bytes() == before["arrays/video.bin"]
    assert content(store.path) == content(prepare_dataset(index, tmp_path / "fresh", CONFIG).path)


@pytest.mark.parametrize(
    ("option", "value", "redone"),
    [
        ("gaf", GafConfig(eda_size=32), {"eda"}),
        ("gaf", GafConfig(method="difference"), {"ecg", "eda", "rr"}),
        ("video", VideoConfig(max_side=64), {"video"}),
        ("quality", dataclasses.replace(CONFIG.quality, silence_peak=1e-3), {"audio"}),
    ],
)
def test_a_changed_option_redoes_the_modalities_that_it_concerns(
    index, tmp_path, made, option, value, redone
):
    prepare_dataset(index, tmp_path / "prepared", CONFIG)
    made.clear()
    changed = dataclasses.replace(CONFIG, **{option: value})
    store = prepare_dataset(index, tmp_path / "prepared", changed)
    assert {modality for _, modality in made} == redone
    assert store.config == changed
    assert content(store.path) == content(prepare_dataset(index, tmp_path / "fresh", changed).path)


def test_a_new_version_of_a_transform_redoes_its_modality(index, tmp_path, made, monkeypatch):
    prepare_dataset(index, tmp_path / "prepared", CONFIG)
    made.clear()
    newer = dataclasses.replace(RECORDS["rr"], version=RECORDS["rr"].version + 1)
    monkeypatch.setitem(RECORDS, "rr", newer)
    prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert {modality for _, modality in made} == {"rr"}


def test_a_changed_label_redoes_no_array(tree, index, tmp_path, made):
    prepare_dataset(index, tmp_path / "prepared", CONFIG)
    made.clear()
    relabelled = [dataclasses.replace(recording, label=2) for recording in index.recordings]
    store = prepare_dataset(
        dataclasses.replace(index, recordings=tuple(relabelled)), tmp_path / "prepared", CONFIG
    )
    assert not made
    assert (store.manifest["label"] == 2).all()


@pytest.mark.parametrize("after", [1, 7, 13, 19])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(errno.ENOSPC, "No space left on device")])
def test_an_interrupted_run_is_finished_by_the_next(
    index, tmp_path, undisturbed, made, monkeypatch, after, error
):
    saved, save_part = [], work.save_part

    def failing(path, unit):
        if len(saved) == after:
            raise error
        saved.append(path)
        save_part(path, unit)

    made.clear()
    monkeypatch.setattr(work, "save_part", failing)
    with pytest.raises((KeyboardInterrupt, StressIDError)) as raised:
        prepare_dataset(index, tmp_path / "prepared", CONFIG)
    if raised.type is not KeyboardInterrupt:
        assert "No space left on device" in str(raised.value)
    monkeypatch.setattr(work, "save_part", save_part)
    made.clear()
    assert content(prepare_dataset(index, tmp_path / "prepared", CONFIG).path) == undisturbed
    assert len(made) == 20 - after


def test_a_lost_or_damaged_part_is_made_again(index, tmp_path, undisturbed, made, monkeypatch):
    folder = tmp_path / "prepared"
    with monkeypatch.context() as patch:
        patch.setattr("stressid_keras.preprocessing.prepare.Packer", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            prepare_dataset(index, folder, CONFIG)
    parts = sorted((folder / "parts").iterdir())
    parts[0].unlink()
    parts[9].write_bytes(parts[9].read_bytes()[:-30])
    parts[13].write_bytes(b"")
    made.clear()
    assert content(prepare_dataset(index, folder, CONFIG).path) == undisturbed
    assert sorted(f"{name}.{modality}.npz" for name, modality in made) == [parts[i].name for i in (0, 9, 13)]


@pytest.mark.parametrize("moves", range(11))
def test_a_run_killed_while_it_replaces_the_store_is_finished(
    index, tmp_path, undisturbed_small, made, monkeypatch, moves
):
    folder = tmp_path / "prepared"
    prepare_dataset(index, folder, CONFIG)
    with monkeypatch.context() as patch:
        stop_after(patch, moves)
        with pytest.raises(SystemExit):
            prepare_dataset(index, folder, SMALL)
    made.clear()
    assert content(prepare_dataset(index, folder, SMALL).path) == undisturbed_small
    assert not made


def stop_after(patch, moves):
    """Let the commit die after so many file operations, as if killed."""
    from stressid_keras.preprocessing import packing

    done, replace, rmtree = [], packing.os.replace, packing.shutil.rmtree

    def mortal(operation):
        def run(*arguments, **options):
            if len(done) == moves:
                raise SystemExit
            done.append(arguments)
            return operation(*arguments, **options)

        return run

    def mortal_commit(folder):
        patch.setattr(packing.os, "replace", mortal(replace))
        patch.setattr(packing.shutil, "rmtree", mortal(rmtree))
        commit(folder)

    patch.setattr(packing, "commit", mortal_commit)


def test_one_bad_modality_leaves_the_others_and_the_run_alone(index, tmp_path):
    first, second, third, _ = index.recordings
    first.sources["audio"].write_bytes(b"")
    second.sources["video"].write_bytes(second.sources["video"].read_bytes()[:500])
    lines = third.sources["ecg"].read_text().splitlines()
    constant = [lines[0], *(f"{line.split(',')[0]},1.0,{line.split(',')[2]}" for line in lines[1:])]
    third.sources["ecg"].write_text("\n".join(constant))
    seen = []
    store = prepare_dataset(index, tmp_path / "prepared", CONFIG, progress=lambda *now: seen.append(now))
    assert list(store.failures["recording"]) == [first.name, second.name, third.name]
    assert list(store.failures["modality"]) == ["audio", "video", "eda"]
    assert list(store.manifest["recording"]) == [first.name, index.recordings[3].name]
    assert "0 bytes" in store.failures["reason"][0]
    assert "truncated" in store.failures["reason"][1]
    assert store.failures["reason"][2].endswith("EDA is constant at 1; expected a signal that varies.")
    assert seen[-1] == (4, 4, 3)
    assert store.counts["recordings_with_failures"] == 3
    assert store.counts["windows_left_out"] == 2


def test_a_mended_file_redoes_its_modality_only(index, tmp_path, made):
    video = index.recordings[0].sources["video"]
    good = video.read_bytes()
    video.write_bytes(b"")
    assert len(prepare_dataset(index, tmp_path / "prepared", CONFIG)) == 3
    video.write_bytes(good)
    made.clear()
    store = prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert made == [(index.recordings[0].name, "video")]
    assert len(store) == 4
    assert store.failures.empty


def test_an_unexpected_error_is_a_failure_that_is_tried_again(index, tmp_path, monkeypatch, made):
    with monkeypatch.context() as patch:
        patch.setattr(transforms.audio, "log_mel", lambda *_: [][0])
        store = prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert not store.has("audio").any()
    assert store.failures["reason"].str.startswith("unexpected IndexError").all()
    made.clear()
    assert prepare_dataset(index, tmp_path / "prepared", CONFIG).complete.all()
    assert {modality for _, modality in made} == {"audio"}


def test_no_usable_recording_is_one_sentence_with_the_first_reason(index, tmp_path):
    for recording in index.recordings:
        recording.sources["video"].write_bytes(b"")
    with pytest.raises(DatasetError, match=r"None of 4 .* is empty \(0 bytes\).*failures\.csv"):
        prepare_dataset(index, tmp_path / "prepared", CONFIG)
    assert len((tmp_path / "prepared" / "failures.csv").read_text().splitlines()) == 5


def test_a_folder_that_cannot_be_made_is_one_sentence(index, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StressIDError, match="file cannot be written"):
        prepare_dataset(index, tmp_path / "file", CONFIG)


def test_a_second_run_waits_for_the_first(index, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(locking, "PATIENCE_SECONDS", 0.1)
    folder = tmp_path / "prepared"
    folder.mkdir()
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = threading.Thread(target=prepare_dataset, args=(index, folder, CONFIG))
        run.start()
        run.join(0.5)
        assert run.is_alive()
        assert not (folder / "prepare.json").exists()
    run.join(60)
    assert (folder / "prepare.json").exists()
    assert "another run" in caplog.text


def test_a_long_recording_gives_several_windows(index, tmp_path):
    config = PreparationConfig(window_seconds=1.0, hop_seconds=0.5)
    store = prepare_dataset(index, tmp_path / "prepared", config)
    mine = store.manifest[store.manifest["recording"] == index.recordings[0].name]
    assert list(mine["window"][:3]) == [0, 1, 2]
    assert list(mine["start"][:3]) == [0, 0.5, 1]
    assert list(mine["audio_seconds"][:3]) == [1, 1, 1]
    assert not np.array_equal(store.read(0, "video"), store.read(1, "video"))
    windows = prepare_recording(index.recordings[0], config)
    np.testing.assert_array_equal(store.read(1, "audio"), windows["audio"][1].array)


def test_images_made_earlier_give_one_window_with_their_pixels(index, tmp_path):
    recording = index.recordings[0]
    made_earlier = prepare_recording(recording, CONFIG)
    sources = dict(recording.sources)
    for modality in ("audio", "ecg", "eda", "rr"):
        sources[modality] = tmp_path / f"{recording.name}_{modality}.png"
        save = save_log_mel_image if modality == "audio" else save_gaf_image
        save(sources[modality], made_earlier[modality][0].array)
    replaced = dataclasses.replace(recording, sources=sources)
    store = prepare_dataset(
        dataclasses.replace(index, recordings=(replaced,)),
        tmp_path / "prepared",
        dataclasses.replace(CONFIG, window_seconds=1),
    )
    assert len(store) == 1
    for modality in ("ecg", "eda", "rr"):
        np.testing.assert_array_equal(store.read(0, modality), made_earlier[modality][0].array)
    found = [
        from_stored(array, "audio") for array in (store.read(0, "audio"), made_earlier["audio"][0].array)
    ]
    np.testing.assert_allclose(*found, atol=1 / 510 + 1e-6)  # the image has 8 bits


def test_an_image_of_the_wrong_shape_is_a_failure(index, tmp_path):
    sources = {**index.recordings[0].sources, "audio": tmp_path / "a.png"}
    cv2.imwrite(str(sources["audio"]), np.zeros((64, 40), np.uint8))
    replaced = dataclasses.replace(index.recordings[0], sources=sources)
    windows = prepare_recording(replaced, CONFIG)
    assert windows["audio"][0].array is None
    assert "64 pixels high; expected 128" in windows["audio"][0].reason
    assert windows["video"][0].array is not None

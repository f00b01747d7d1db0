"""A prepared folder that was damaged or edited is not believed, and only what is damaged is made again."""

import json
import os
import shutil

import numpy as np
import pytest

from stressid_keras.batches.cache import cached
from stressid_keras.config import DatasetConfig, PreparationConfig, VideoConfig
from stressid_keras.dataset.index import index_dataset
from stressid_keras.errors import StaleError
from stressid_keras.preprocessing import prepare_dataset
from stressid_keras.store.store import PreparedStore
from stressid_keras.store.stored_arrays import ArrayFile

from ..json_files import edit_json

CONFIG = PreparationConfig(video=VideoConfig(max_side=32))


@pytest.fixture(scope="module")
def original(pristine_tree, tmp_path_factory):
    """A prepared folder that no test changes."""
    index = index_dataset(pristine_tree, DatasetConfig())
    return prepare_dataset(index, tmp_path_factory.mktemp("original") / "prepared", CONFIG).path


@pytest.fixture
def folder(original, tmp_path):
    """A copy of it, found whole once."""
    shutil.copytree(original, tmp_path / "prepared")
    return tmp_path / "prepared"


@pytest.fixture
def pristine_index(pristine_tree):
    return index_dataset(pristine_tree, DatasetConfig())


def edit_manifest(folder, column, value):
    header, *rows = (folder / "manifest.csv").read_text().splitlines()
    place = header.split(",").index(column)
    cells = rows[0].split(",")
    cells[place] = value
    (folder / "manifest.csv").write_text("\n".join([header, ",".join(cells), *rows[1:]]) + "\n")


def invert(file, start, stop):
    content = bytearray(file.read_bytes())
    content[start:stop] = bytes(255 - byte for byte in content[start:stop])
    file.write_bytes(content)


EDITS = {
    "a label": lambda folder: edit_manifest(folder, "label", "2"),
    "a subject": lambda folder: edit_manifest(folder, "subject", "other"),
    "an offset": lambda folder: edit_manifest(folder, "ecg_offset", "1"),
    "a shape": lambda folder: edit_manifest(folder, "ecg_shape", "1x1"),
    "a checksum": lambda folder: edit_manifest(folder, "ecg_checksum", ""),
    "a line": lambda folder: (folder / "manifest.csv").write_text(
        "".join((folder / "manifest.csv").read_text().splitlines(keepends=True)[:-1])
    ),
    "a failure": lambda folder: (folder / "failures.csv").write_text("recording,modality,reason\na,ecg,b\n"),
    "the classes": lambda folder: edit_json(
        folder / "prepare.json", lambda values: values.update(class_names=["High", "Medium", "Low"])
    ),
    "the configuration": lambda folder: edit_json(
        folder / "prepare.json", lambda values: values["config"]["audio"].update(hop_length=1)
    ),
    "the counts": lambda folder: edit_json(folder / "prepare.json", lambda values: values.pop("counts")),
    "no description": lambda folder: (folder / "prepare.json").write_text("[]"),
    "deep description": lambda folder: (folder / "prepare.json").write_text("[" * 100_000),
}


@pytest.mark.parametrize("edit", EDITS, ids=lambda name: name.replace(" ", "-"))
def test_an_edited_table_is_refused_and_packed_again_from_the_arrays(
    folder, original, pristine_index, content, made, edit
):
    EDITS[edit](folder)
    with pytest.raises(StaleError, match=r"prepared cannot be read .*; run the preparation again\.$"):
        PreparedStore.open(folder)
    assert content(prepare_dataset(pristine_index, folder, CONFIG).path) == content(original)
    assert not made


@pytest.mark.parametrize("modality", ["audio", "video", "rr"])
@pytest.mark.parametrize("where", ["first", "last"])
def test_inverted_bytes_are_refused_when_read_and_their_unit_alone_is_made_again(
    folder, original, pristine_index, content, made, modality, where
):
    prepare_dataset(pristine_index, folder, CONFIG)  # which remembers that it found all whole
    row, file = (0 if where == "first" else 3), folder / "arrays" / f"{modality}.bin"
    size = file.stat().st_size
    invert(file, *((0, 1) if where == "first" else (size - 1, size)))
    store = PreparedStore.open(folder)
    with pytest.raises(
        StaleError, match=rf"{modality}\.bin holds other bytes from \d+ to \d+ than were written"
    ):
        store.read(row, modality)
    store.read(1, modality)
    assert content(prepare_dataset(pristine_index, folder, CONFIG).path) == content(original)
    assert made == [(store.manifest["recording"][row], modality)]


def test_damage_that_left_no_trace_in_the_file_times_is_made_good_after_it_was_met(
    folder, original, pristine_index, content, made, monkeypatch
):
    """As a disk that loses bits: the preparation finds the file as it was, until a reading has failed."""
    file = folder / "arrays" / "eda.bin"
    invert(file, 2, 3)
    prepared = prepare_dataset(pristine_index, shutil.copytree(original, folder.parent / "other"), CONFIG)
    checked = json.loads((prepared.path / ".checked.json").read_text())
    monkeypatch.setattr("stressid_keras.store.stored_arrays._stamp", lambda path: checked.get(path.stem, []))
    shutil.copyfile(prepared.path / ".checked.json", folder / ".checked.json")
    store = prepare_dataset(pristine_index, folder, CONFIG)
    with pytest.raises(StaleError, match="run the preparation again"):
        store.read(0, "eda")
    assert content(prepare_dataset(pristine_index, folder, CONFIG).path) == content(original)
    assert [modality for _, modality in made] == ["eda"]


@pytest.mark.parametrize("damage", ["edited", "cut", "gone"])
def test_a_damaged_inventory_is_not_packed_from(folder, original, pristine_index, content, damage):
    file = folder / "inventory.json"
    if damage == "edited":
        edit_json(file, lambda values: values["fingerprints"].popitem())
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:-100])
    else:
        file.unlink()
    with pytest.raises(StaleError, match=r"inventory\.json"):
        PreparedStore.open(folder)
    assert content(prepare_dataset(pristine_index, folder, CONFIG).path) == content(original)


def test_damage_is_not_carried_over_when_another_modality_changes(
    folder, pristine_index, content, tmp_path, made
):
    prepare_dataset(pristine_index, folder, CONFIG)
    invert(folder / "arrays" / "audio.bin", 0, 50)
    other = PreparationConfig(video=VideoConfig(max_side=24))
    expected = content(prepare_dataset(pristine_index, tmp_path / "fresh", other).path)
    made.clear()
    assert content(prepare_dataset(pristine_index, folder, other).path) == expected
    assert sorted(modality for _, modality in made) == ["audio", *["video"] * 4]


def test_an_unchanged_folder_is_read_once_and_then_known_by_its_file_times(
    folder, pristine_index, monkeypatch
):
    read = []
    whole_reader = ArrayFile.read
    monkeypatch.setattr(ArrayFile, "read", lambda *about: read.append(about) or whole_reader(*about))
    prepare_dataset(pristine_index, folder, CONFIG)  # a copy: its times are new
    assert len(read) == 20
    prepare_dataset(pristine_index, folder, CONFIG)
    assert len(read) == 20
    os.utime(folder / "arrays" / "ecg.bin")
    prepare_dataset(pristine_index, folder, CONFIG)
    assert len(read) == 24


def test_a_file_that_is_cut_while_it_is_read_is_one_sentence(folder):
    store = PreparedStore.open(folder)
    store.read(0, "video")
    file = folder / "arrays" / "video.bin"
    os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(StaleError, match=r"video\.bin ends at byte"):
        store.read(3, "video")
    shutil.rmtree(folder)
    with pytest.raises(StaleError, match=r"audio\.bin cannot be read \(No such file"):
        store.read(3, "audio")


def test_whoever_reads_goes_on_with_what_was_opened_when_the_folder_is_prepared_anew(folder, pristine_index):
    store, other = PreparedStore.open(folder), PreparationConfig(video=VideoConfig(max_side=24))
    before = [store.read(row, "video") for row in (0, 1)]
    prepare_dataset(pristine_index, folder, other)
    for row in (0, 1):
        np.testing.assert_array_equal(store.read(row, "video"), before[row])
    expected = PreparedStore.open(folder).read(3, "video")
    assert store.read(3, "video").shape != expected.shape
    late = PreparedStore.open(folder)
    prepare_dataset(pristine_index, folder, CONFIG)
    with pytest.raises(StaleError, match="than were written"):
        late.read(0, "video")


def test_a_part_of_an_interrupted_run_that_was_edited_is_made_again(
    folder, original, pristine_index, content, made, monkeypatch, tmp_path
):
    place = tmp_path / "interrupted"
    with monkeypatch.context() as patch:
        patch.setattr("stressid_keras.preprocessing.prepare.Packer", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            prepare_dataset(pristine_index, place, CONFIG)
    parts = sorted((place / "parts").iterdir())
    with np.load(parts[2]) as opened:
        arrays = dict(opened)
    arrays["0"] = 255 - arrays["0"]
    np.savez(parts[2], **arrays)
    made.clear()
    assert content(prepare_dataset(pristine_index, place, CONFIG).path) == content(original)
    assert [f"{name}.{modality}.npz" for name, modality in made] == [parts[2].name]


def test_a_damaged_local_copy_is_replaced(folder, tmp_path):
    store, cache = PreparedStore.open(folder), str(tmp_path / "cache")
    expected = [store.read(row, "audio") for row in range(4)]
    copy = tmp_path / f"cache-{store.fingerprint}"
    for damage in (
        lambda: invert(copy / "arrays" / "audio.bin", 0, 9),
        lambda: edit_manifest(copy, "label", "1"),
        lambda: (copy / "arrays" / "audio.bin").unlink(),
        lambda: (copy / "prepare.json").write_text("{"),
    ):
        for row, array in enumerate(expected):
            np.testing.assert_array_equal(cached(store, cache).read(row, "audio"), array)
        damage()
        again = cached(store, cache)
        for row, array in enumerate(expected):
            np.testing.assert_array_equal(again.read(row, "audio"), array)
    cached(store, cache)
    assert sorted(path.name for path in tmp_path.iterdir()) == [copy.name, "prepared"]
    assert PreparedStore.open(copy).fingerprint == store.fingerprint

"""Arrays come back as they were written, or not at all; a claim of size asks for no memory."""

import io
import random
import tracemalloc
import zipfile

import numpy as np
import pytest

from stressid_keras.store.sealed_arrays import read_arrays, write_arrays

ARRAYS = {
    "numbers": np.arange(24, dtype="float32").reshape(2, 3, 4),
    "columns": np.asfortranarray(np.arange(6, dtype="int64").reshape(2, 3)),
    "half": np.ones((3, 1), "float16"),
    "none": np.zeros((0, 4), "uint8"),
    "text": np.array('{"epochs": 3}'),
    "flag": np.array(True),
}


def test_arrays_come_back_as_they_were_written(tmp_path):
    write_arrays(tmp_path / "a.npz", ARRAYS)
    found = read_arrays(tmp_path / "a.npz")
    assert set(found) == set(ARRAYS)
    for name, values in ARRAYS.items():
        assert found[name].dtype == values.dtype
        np.testing.assert_array_equal(found[name], values)
    found["numbers"][0] = 1  # a copy of its own
    with np.load(tmp_path / "a.npz") as file:
        np.testing.assert_array_equal(file["numbers"], ARRAYS["numbers"])


def saved(arrays):
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def test_what_was_changed_or_is_not_ours_is_not_read(tmp_path):
    path = tmp_path / "a.npz"
    assert read_arrays(path) is None
    write_arrays(path, ARRAYS)
    with np.load(path) as file:
        whole = dict(file)
    changed = (
        {**whole, "numbers": whole["numbers"] + 1},
        {**whole, "numbers": whole["numbers"].reshape(4, 6)},
        {**whole, "half": whole["half"].astype("float32")},
        {**whole, "text": np.array("{}")},
        {**whole, "more": np.zeros(1)},
        {name: values for name, values in whole.items() if name != "flag"},
        {name: values for name, values in whole.items() if name != "seal"},
        {**whole, "seal": np.array([1, 2])},
        {**whole, "numbers": np.array([None, 1], object)},
    )
    for arrays in changed:
        path.write_bytes(saved(arrays))
        assert read_arrays(path) is None
    path.mkdir() if not path.exists() else path.unlink()
    path.mkdir(exist_ok=True)
    assert read_arrays(path) is None


def test_no_damage_passes_and_none_raises(tmp_path):
    path, generator = tmp_path / "a.npz", random.Random(0)
    write_arrays(path, ARRAYS)
    whole = path.read_bytes()
    for number in range(400):
        content = bytearray(whole)
        if number % 4 == 0:
            del content[generator.randrange(len(content)) :]
        else:
            for _ in range(1 + number % 3):
                content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
        path.write_bytes(content)
        found = read_arrays(path)
        if found is not None:  # a bit of the archive that says nothing, such as a file's date
            for name, values in ARRAYS.items():
                np.testing.assert_array_equal(found[name], values)


def test_a_claim_of_gigabytes_asks_for_no_memory(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (1 << 40,)}
    )
    path = tmp_path / "a.npz"
    for compression, zeros in ((zipfile.ZIP_STORED, 0), (zipfile.ZIP_DEFLATED, 64 << 20)):
        with zipfile.ZipFile(path, "w", compression) as archive:
            archive.writestr("a.npy", header.getvalue() + bytes(zeros))
        tracemalloc.start()
        assert read_arrays(path) is None
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
        tracemalloc.stop()


def test_a_full_disk_is_named_and_leaves_the_old_file(small_disk):
    folder = small_disk(256)
    write_arrays(folder / "a.npz", ARRAYS)
    with pytest.raises(OSError, match="No space left on device") as raised:
        write_arrays(folder / "a.npz", {"large": np.zeros(1 << 17)})
    assert raised.value.filename == str(folder / "a.npz")
    assert set(read_arrays(folder / "a.npz")) == set(ARRAYS)
    assert [path.name for path in folder.iterdir()] == ["a.npz"]

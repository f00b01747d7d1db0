"""Archives that are damaged, claim too much or were edited: a sentence, and no burst of memory."""

import json
import os
import resource
import zipfile

import numpy as np
import pytest

from stressid_keras import StudentRunner
from stressid_keras.export.metadata import seal_of
from stressid_keras.runtime import archive as archives

from ..small_export import speech, write_export
from .test_bad_input import refused

ZEROS = 1 << 30  # bytes that an entry claims


def parts(model):
    """The flatbuffer of an exported file, and the texts of its archive by name."""
    with zipfile.ZipFile(model) as archive:
        entries = archive.infolist()
        texts = {entry.filename: archive.read(entry) for entry in entries}
    return model.read_bytes()[: min(entry.header_offset for entry in entries)], texts


def rewritten(model, path, texts, compression=zipfile.ZIP_STORED, comment=b""):
    """The file with other texts in its archive."""
    path.write_bytes(parts(model)[0])
    with zipfile.ZipFile(path, "a", compression) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
        archive.comment = comment
    return path


def edited(model, path, **changes):
    """The file after someone has changed its model.json by hand, in the style of `json.dump`."""
    texts = parts(model)[1]
    texts["model.json"] = json.dumps(json.loads(texts["model.json"]) | changes)
    return rewritten(model, path, texts)


def unsealed(model, path, **changes):
    """The file as it was written before there was a seal, with changes."""
    texts = parts(model)[1]
    description = json.loads(texts["model.json"])
    del description["seal"]
    texts["model.json"] = json.dumps(description | changes)
    if "class_names" in changes:
        texts["labels.txt"] = "".join(f"{name}\n" for name in changes["class_names"])
    return rewritten(model, path, texts)


@pytest.mark.parametrize(
    "changes",
    [
        {"sample_rate": 8_000},
        {"class_names": ["Low", "High", "Medium"]},
        {"hop_seconds": 0.5},
        {"model_card": "A medical device."},
        {"flatbuffer_sha256": None},
        {"more": 1},
        {"seal": "0" * 64},
        {"seal": None},
        {"seal": 5},
    ],
)
def test_a_description_that_was_edited_is_noticed(model, tmp_path, changes):
    path = edited(model, tmp_path / "student.tflite", **changes)
    assert "its model.json was changed after the export" in refused(path)


def test_the_seal_can_be_checked_without_this_package(model):
    """The hash of the text with zeros in the place of the seal, as docs/deployment.md says."""
    text = parts(model)[1]["model.json"]
    seal = json.loads(text)["seal"]
    assert seal == seal_of(text, seal)
    assert text.count(seal.encode()) == 1


def test_zeros_elsewhere_are_not_taken_for_the_seal(flatbuffers, tmp_path):
    path = tmp_path / "student.tflite"
    StudentRunner(write_export(path, flatbuffers["float32"], student="0" * 64, model_card=f"0{'0' * 64}"))


def test_a_file_of_before_there_were_seals_and_hashes_still_works(runner, model, tmp_path):
    expected = runner.predict_window(speech(2.0))[0]
    for changes in ({}, {"flatbuffer_sha256": None}):
        path = unsealed(model, tmp_path / "student.tflite", **changes)
        np.testing.assert_array_equal(StudentRunner(path).predict_window(speech(2.0))[0], expected)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_may_be_compressed_hold_more_and_have_a_comment(model, tmp_path, compression):
    texts = {"notes.txt": b"\xff" * 1000, **parts(model)[1]}
    comment = b"Written again. " * 4000
    StudentRunner(rewritten(model, tmp_path / "student.tflite", texts, compression, comment))


def test_a_description_with_a_byte_order_mark_and_labels_of_windows_are_read(model, tmp_path):
    texts = parts(model)[1]
    description = json.loads(texts["model.json"])
    del description["seal"]
    texts["model.json"] = json.dumps(description).encode("utf-8-sig")
    texts["labels.txt"] = b"Low\r\nMedium\r\nHigh\r\n"
    StudentRunner(rewritten(model, tmp_path / "student.tflite", texts))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 200_000, "the model.json inside it is not JSON"),
        ('{"format": 1, "a": ' + "[" * 100_000 + "]" * 100_000 + "}", "the model.json inside it is not JSON"),
        (b'{"format": 1, "name": "\xff"}', "the model.json inside it is not JSON"),
        ("1" * 10_000, "the model.json inside it is not JSON"),
        ("", "the model.json inside it is not JSON"),
        ("null", "has format None"),
        ('{"format": true}', "has format True"),
        ('{"format": "' + "1" * 10_000 + '"}', "has format '1111"),
    ],
)
def test_a_description_that_is_deep_or_broken_is_a_sentence(model, tmp_path, text, message):
    path = rewritten(model, tmp_path / "student.tflite", {"model.json": text})
    found = refused(path)
    assert message in found
    assert len(found) <= 600


def damaged_stream(model, path):
    """The deflated bytes of model.json are no deflated bytes."""
    rewritten(model, path, parts(model)[1], zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("model.json").header_offset + 30 + len("model.json")
    content[start : start + 40] = b"\xff" * 40
    path.write_bytes(content)


def encrypted(model, path):
    content = bytearray(rewritten(model, path, parts(model)[1]).read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature, len(parts(model)[0]))
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(signature, at + 1)
    path.write_bytes(content)


def twice(model, path):
    rewritten(model, path, parts(model)[1])
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("model.json", "{}")


def many(model, path):
    rewritten(model, path, {**parts(model)[1], **{f"{number}.txt": "" for number in range(100)}})


def bomb(compression):
    def write(model, path):
        rewritten(model, path, {"model.json": bytes(ZEROS >> 6), "labels.txt": ""}, compression)
        content = bytearray(path.read_bytes())
        for number in (24, 22):  # sizes in the directory and before the entry
            signature = b"PK\x01\x02" if number == 24 else b"PK\x03\x04"
            at = content.find(signature, len(parts(model)[0]))
            content[at + number : at + number + 4] = ZEROS.to_bytes(4, "little")
        path.write_bytes(content)

    return write


def wrong_checksum(model, path):
    content = rewritten(model, path, parts(model)[1]).read_bytes()
    path.write_bytes(content.replace(b'"Medium"', b'"medium"'))


def labels_not_utf8(model, path):
    rewritten(model, path, {**parts(model)[1], "labels.txt": b"\xff\xfe"})


def directory_of_nothing(model, path):
    path.write_bytes(parts(model)[0] + b"PK\x05\x06" + b"\xff" * 18)


BAD_ARCHIVES = {
    "the archive at its end is damaged: Error": damaged_stream,
    "has an encrypted labels.txt": encrypted,
    "has 'model.json' more than once": twice,
    "lists 102 files, more than 16": many,
    f"claims {ZEROS} bytes of model.json": bomb(zipfile.ZIP_DEFLATED),
    "neither stored nor deflated": bomb(zipfile.ZIP_LZMA),
    "Bad CRC-32": wrong_checksum,
    "its labels.txt is not UTF-8": labels_not_utf8,
    "the archive at its end is damaged: ": directory_of_nothing,
}


@pytest.mark.parametrize("message", BAD_ARCHIVES)
def test_an_archive_that_is_damaged_or_claims_too_much_is_a_sentence(model, tmp_path, message):
    path = tmp_path / "student.tflite"
    BAD_ARCHIVES[message](model, path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert message in refused(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


def test_any_changed_byte_behind_the_model_is_refused_or_changes_nothing(runner, model, tmp_path):
    content, path = model.read_bytes(), tmp_path / "student.tflite"
    start, generator = len(parts(model)[0]), np.random.default_rng(0)
    kept = 0
    for place in generator.integers(start, len(content), 60):
        changed = bytearray(content)
        changed[place] ^= int(generator.integers(1, 256))
        path.write_bytes(changed)
        try:
            found = StudentRunner(path)
        except archives.ExportError:
            continue
        kept += 1
        assert found.description == runner.description
    assert kept < 30  # a date, an attribute, a version


def test_a_pipe_and_a_file_of_gigabytes_are_refused_without_reading_them(tmp_path):
    path = tmp_path / "student.tflite"
    with open(path, "wb") as file:
        file.truncate(1 << 40)
    assert "it has 1099511627776 bytes, more than" in refused(path)
    path.unlink()
    os.mkfifo(path)
    assert "it is a device or a pipe" in refused(path)


def test_the_bytes_that_were_checked_are_the_ones_that_run(model, tmp_path, monkeypatch):
    """Another file takes the place of the checked one before LiteRT would open it."""
    path = tmp_path / "student.tflite"
    path.write_bytes(model.read_bytes())
    expected = StudentRunner(path).predict_window(speech(2.0))[0]
    read = archives.read_model

    def read_then_replace(path):
        content = read(path)
        path.write_bytes(b"something else")
        return content

    monkeypatch.setattr(archives, "read_model", read_then_replace)
    found = StudentRunner(path).predict_window(speech(2.0))[0]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "name",
    ["Me\ndium", "Me\u2028dium", "Me\x85dium", "\x1b[31mMedium", "\ud800", " ", "", "Low", "x" * 300, 5],
)
def test_class_names_that_no_line_can_hold_or_that_are_alike_are_refused(model, tmp_path, name):
    texts = parts(model)[1]
    description = json.loads(texts["model.json"]) | {"class_names": ["Low", name, "High"]}
    del description["seal"]
    path = rewritten(model, tmp_path / "student.tflite", {"model.json": json.dumps(description)})
    assert "no usable class_names" in refused(path)


def test_class_names_of_any_language_are_kept(flatbuffers, tmp_path):
    names = ["Niedrig, ruhig", "Größe ‘mittel’", "高"]
    path = write_export(tmp_path / "student.tflite", flatbuffers["float32"], class_names=names)
    assert StudentRunner(path).class_names == tuple(names)

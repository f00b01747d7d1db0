"""A whole preparation with one bad file lists it with the reason and prepares the rest; an odd file is no bad one."""

import dataclasses

import numpy as np
import pytest
import soundfile

from stressid_keras.config import PreparationConfig
from stressid_keras.modalities import PHYSIOLOGICAL
from stressid_keras.preprocessing import prepare_dataset

CONFIG = PreparationConfig()


def keep(share):
    return lambda path: path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def replaced(content):
    return lambda path: path.write_bytes(content)


def lines(change):
    return lambda path: path.write_text("\n".join(change(path.read_text().split("\n"))))


def without_index(path):
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"moov") - 4])


def without_frames(path):
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()


def column(name, value):
    place = ("ECG", "EDA", "RR").index(name)

    def change(rows):
        fields = [row.split(",") for row in rows[1:] if row]
        return [rows[0], *(",".join([*row[:place], value, *row[place + 1 :]]) for row in fields), ""]

    return lines(change)


def sound(change=lambda samples: samples, rate=None, subtype="PCM_16", format="WAV"):
    def rewrite(path):
        samples, found = soundfile.read(path)
        soundfile.write(path, change(samples), rate or found, subtype=subtype, format=format)

    return rewrite


def stereo_48k(path):
    samples, rate = soundfile.read(path)
    times = np.arange(len(samples) * 48_000 // rate) * rate / 48_000
    mono = np.interp(times, np.arange(len(samples)), samples)
    soundfile.write(path, np.stack([mono, 0.5 * mono], axis=1), 48_000)


def prepare_with(index, folder, modality, spoil):
    recordings = index.recordings[:2]
    spoil(recordings[0].sources[modality])
    return prepare_dataset(dataclasses.replace(index, recordings=recordings), folder, CONFIG)


@pytest.mark.parametrize(
    ("modality", "spoil", "refused", "reason"),
    [
        ("audio", replaced(b""), ("audio",), "empty"),
        ("audio", keep(0.5), ("audio",), "truncated"),
        ("audio", sound(lambda samples: 0 * samples), ("audio",), "silent"),
        ("audio", replaced(b"ECG,EDA,RR\n1,2,3\n"), ("audio",), "not audio"),
        ("ecg", replaced(b"ECG,RR\n1,2\n"), PHYSIOLOGICAL, "no column EDA"),
        ("ecg", replaced(b"RIFF\x24\x00\xff\xffWAVEfmt "), PHYSIOLOGICAL, "not text"),
        ("ecg", column("EDA", ""), ("eda",), "100.0% of the samples are missing"),
        ("ecg", column("RR", "1.5"), ("rr",), "constant"),
        ("video", keep(0.7), ("video",), "truncated"),
        ("video", without_index, ("video",), "cannot be read as a video"),
        ("video", without_frames, ("video",), "no video"),
        ("video", replaced(b"\x89PNG\r\n\x1a\n" + bytes(99)), ("video",), "cannot be read as a video"),
    ],
)
def test_a_bad_file_is_listed_and_the_rest_is_prepared(index, tmp_path, modality, spoil, refused, reason):
    store = prepare_with(index, tmp_path / "prepared", modality, spoil)
    bad, good = (recording.name for recording in index.recordings[:2])
    assert list(store.failures["recording"]) == [bad] * len(refused)
    assert list(store.failures["modality"]) == list(refused)
    assert store.failures["reason"].str.contains(reason, regex=False).all()
    assert list(store.manifest["recording"][store.complete]) == [good]


@pytest.mark.parametrize(
    ("modality", "change"),
    [
        ("audio", sound(subtype="PCM_U8")),
        ("audio", sound(subtype="PCM_24")),
        ("audio", sound(subtype="FLOAT")),
        ("audio", sound(format="FLAC")),  # under the wrong extension, and yet it is what is wanted
        ("audio", stereo_48k),
        ("ecg", lambda path: path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))),
        ("ecg", lambda path: path.write_bytes(path.read_bytes().replace(b",", b";"))),
        ("ecg", lambda path: path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())),
        ("ecg", lambda path: path.write_bytes(path.read_bytes().rstrip(b"\n"))),
    ],
)
def test_an_odd_file_is_prepared_like_any_other(index, tmp_path, modality, change):
    plain = prepare_with(index, tmp_path / "plain", modality, lambda path: None)
    odd = prepare_with(index, tmp_path / "odd", modality, change)
    assert odd.failures.empty
    assert odd.complete.all()
    expected, found = plain.read(0, modality).astype(int), odd.read(0, modality).astype(int)
    assert abs(len(found) - len(expected)) <= 1
    if modality == "ecg":
        np.testing.assert_array_equal(found, expected)

"""A laboratory's own table: what is read of it, and the sentence for each thing that can be wrong with it."""

import json
import re
import shutil

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from stressid_keras.config import DatasetConfig, PreparationConfig, QualityConfig, VideoConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.dataset.adapters import data_title
from stressid_keras.dataset.recording import Part
from stressid_keras.errors import DatasetError, RecordingError
from stressid_keras.preprocessing import load_waveform, prepare_dataset
from stressid_keras.preprocessing.signals.signal_reader import SignalReader

from ..laboratory import CLASSES, PAUSE, RATE, SECONDS, make_laboratory

BODY = DatasetConfig(teacher_modalities=("ecg", "eda"))


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    return make_laboratory(tmp_path_factory.mktemp("laboratory") / "lab", people=3, tasks=2)


@pytest.fixture
def table(laboratory, tmp_path):
    """A copy that a test may change."""
    shutil.copytree(laboratory.parent, tmp_path / "lab")
    return tmp_path / "lab" / laboratory.name


def test_rows_become_recordings(laboratory):
    index = index_dataset(laboratory, BODY)
    assert index.class_names == CLASSES
    assert index.label_column == "label"
    assert [(r.name, r.subject, r.task, r.label) for r in index.recordings[:3]] == [
        ("p00_task0", "p00", "task0", 0),
        ("p00_task1", "p00", "task1", 1),
        ("p01_task0", "p01", "task0", 1),
    ]
    assert index.modalities == ("audio", "ecg", "eda")
    assert index.warnings == ("Columns of recordings.csv that are not used: 1 (age).",)
    assert data_title(laboratory) == data_title(laboratory.parent) == "lab"


def test_a_folder_with_the_table_is_the_table(laboratory):
    assert index_dataset(laboratory.parent, BODY).recordings == index_dataset(laboratory, BODY).recordings


def test_a_signal_is_the_recordings_part_of_its_file(laboratory):
    recording = index_dataset(laboratory, BODY).recordings[1]
    written = np.loadtxt(recording.sources["eda"], delimiter=",", skiprows=1)
    start = 2 * PAUSE + SECONDS
    expected = resample_poly(written[:, 1], 5, 7, padtype="line")[round(start * 500) :][
        : round(SECONDS * 500)
    ]
    found = SignalReader(recording, QualityConfig()).samples("eda")
    np.testing.assert_allclose(found, expected, atol=2e-3)
    assert len(SignalReader(recording, QualityConfig()).samples("ecg")) == SECONDS * 500


def test_a_sound_file_of_a_recording_alone_is_taken_whole(laboratory):
    recording = index_dataset(laboratory, BODY).recordings[1]
    waveform = load_waveform(recording.sources["audio"], 48_000, part=recording.part("audio"))
    np.testing.assert_allclose(waveform, soundfile.read(recording.sources["audio"])[0], atol=1e-6)


def test_a_long_sound_file_is_cut(table):
    pieces = [soundfile.read(table.parent / "sound" / f"p00-{task}.wav")[0] for task in range(2)]
    pause = np.random.default_rng(0).normal(0, 0.01, round(PAUSE * 48_000))
    soundfile.write(
        table.parent / "sound" / "p00.wav", np.concatenate([pause, pieces[0], pause, pieces[1]]), 48_000
    )
    table.write_text(re.sub(r"sound/p00-\d.wav", "sound/p00.wav", table.read_text()))
    second = index_dataset(table, BODY).recordings[1]
    waveform = load_waveform(second.sources["audio"], 48_000, part=second.part("audio"))
    np.testing.assert_allclose(waveform, pieces[1], atol=1e-4)


def test_a_window_of_a_part_is_that_of_the_part_in_a_file_of_its_own(laboratory, tmp_path):
    config = PreparationConfig(video=VideoConfig(max_side=16))
    store = prepare_dataset(index_dataset(laboratory, BODY), tmp_path / "parts", config)
    assert store.complete.all()
    assert (store.manifest["eda_seconds"] == SECONDS).all()
    assert store.manifest["video_shape"].eq("").all()
    alone = tmp_path / "alone"
    (alone / "body").mkdir(parents=True)
    shutil.copytree(laboratory.parent / "sound", alone / "sound")
    shutil.copy(laboratory.with_suffix(".json"), alone)
    rows = ["subject,task,label,audio,ecg,eda"]
    for line in laboratory.read_text().splitlines()[1:]:
        subject, task, label, sound, body, _, start, end, _ = line.split(",")
        written = np.loadtxt(laboratory.parent / body, delimiter=",", skiprows=1)
        piece = written[round(float(start) * RATE) : round(float(end) * RATE)]
        np.savetxt(
            alone / "body" / f"{subject}{task}.txt", piece, "%.4f", ",", header="chest,EDA", comments=""
        )
        rows.append(",".join([subject, task, label, sound, *2 * [f"body/{subject}{task}.txt"]]))
    (alone / "recordings.csv").write_text("\n".join(rows))
    other = prepare_dataset(index_dataset(alone, BODY), tmp_path / "other", config)
    for row in range(len(store)):
        np.testing.assert_array_equal(store.read(row, "audio"), other.read(row, "audio"))
        difference = store.read(row, "eda").astype(int) - other.read(row, "eda").astype(int)
        assert (
            np.abs(difference).mean() < 2
        )  # but for the resampling at the ends, and the levels that come of it


@pytest.mark.parametrize(
    ("part", "seconds", "span"),
    [
        (Part(), 12.0, (0.0, 12.0)),
        (Part(2.0, 5.0), 12.0, (2.0, 5.0)),
        (Part(2.0), 12.0, (2.0, 12.0)),
        (Part(8.0, 12.5), 12.0, (8.0, 12.0)),
        (Part(120.0, 150.0), 30.4, (0.0, 30.4)),
        (Part(0.0, 30.0), 30.4, (0.0, 30.4)),
        (Part(3.0, 63.0), 62.5, (0.0, 62.5)),
        (Part(3.0, 63.0, shared=True), 62.5, (3.0, 62.5)),
    ],
)
def test_where_a_recording_lies_in_a_file(part, seconds, span):
    assert part.span(seconds, "a.wav") == span


@pytest.mark.parametrize(
    ("part", "seconds", "words"),
    [
        (
            Part(120.0, 150.0),
            60.0,
            "lasts 60.0 s, and the recording is to lie from 120 s to 150 s.*or the 30 s",
        ),
        (Part(120.0, 150.0, shared=True), 30.0, "expected a file as long as that[.]$"),
        (Part(20.0), 12.0, "from 20 s to its end"),
    ],
)
def test_a_part_beyond_the_end_of_its_file_is_refused(part, seconds, words):
    with pytest.raises(RecordingError, match=words):
        part.span(seconds, "a.wav")


def test_a_part_beyond_the_end_is_a_failure_of_its_recording_alone(table, tmp_path):
    table.write_text(table.read_text().replace("9.00,13.00", "900,904", 1))
    store = prepare_dataset(index_dataset(table, BODY), tmp_path / "prepared", PreparationConfig())
    assert set(store.failures["recording"]) == {"p00_task1"}
    assert (
        "p00.csv lasts 13.0 s, and the recording is to lie from 900 s to 904 s"
        in store.failures["reason"].iloc[0]
    )
    assert len(store) == 5


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("p00,task1", "p00,task0", "row 3, column task: p00 did task0 in row 2, too"),
        (",stress,", ",angry,", "row 3, column label: found 'angry'; expected one of calm, stress"),
        (",stress,", ",2,", "row 3, column label: found '2'.*0 to 1"),
        ("sound/p00-1.wav", "sound/none.wav", "row 3, column audio: .*none.wav does not exist"),
        ("sound/p00-1.wav", "sound", "row 3, column audio: .*sound is a folder"),
        ("9.00,13.00", "13.00,9.00", "row 3, column end: 9 s is not after the start, 13 s"),
        ("9.00,13.00", "900,13.00", "row 3, column end: 13 s is not after the start, 900 s"),
        ("9.00,13.00", "soon,13.00", "row 3, column start: found 'soon'; expected seconds"),
        ("9.00,13.00", ",", "row 3, column ecg: other rows name body/p00.csv, too; expected a start"),
        ("p00,task1", "a/b,task1", "row 3, column subject: found 'a/b'"),
        ("p00,task1", ",task1", "row 3, column subject: found ''"),
        ("end,age", "ende,age", "row 1: column 'ende' is unknown; did you mean end"),
        ("ecg,eda,start", "ecg,skin,start", "row 1: there is no column eda.*--teacher-modalities: ecg"),
        ("subject,task", "who,task", "row 1: there is no column subject"),
        ("ecg,eda,start", "ecg,ecg,start", "2 columns ecg; expected one"),
    ],
)
def test_a_wrong_table_is_one_sentence_with_row_and_column(table, old, new, words):
    text = table.read_text()
    assert old in text
    table.write_text(text.replace(old, new, 1))
    with pytest.raises(DatasetError, match=words) as caught:
        index_dataset(table, BODY)
    assert str(table) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("described", "words"),
    [
        (None, "cannot be read"),
        ("{", "is not JSON"),
        ([], "names no classes"),
        ({"classes": ["calm"]}, "2 to 100 names"),
        ({"classes": ["calm", "calm"]}, "names that differ"),
        (
            {"classes": CLASSES, "rate": {"ecg": 700}},
            "has an entry 'rate'; expected some of classes, rates, columns",
        ),
        ({"classes": CLASSES, "rates": {"heart": 700}}, "rates: found 'heart'"),
        ({"classes": CLASSES, "rates": {"ecg": "fast"}}, "rates, ecg: found 'fast'"),
        (
            {"classes": CLASSES, "rates": {"ecg": 700, "eda": 4}},
            "row 2, column eda: .*said to have 700 and 4",
        ),
        ({"classes": CLASSES, "columns": {"ecg": ""}}, "columns, ecg: found ''"),
        (
            {"classes": CLASSES, "columns": {"ecg": "skin", "eda": "Skin"}},
            "row 2, column eda: column 'skin' of .*p00.csv is said to hold ecg and eda; expected a column for each",
        ),
        ({"classes": CLASSES, "columns": {"ecg": "EDA"}}, "column 'eda' of .* is said to hold ecg and eda"),
    ],
)
def test_a_wrong_description_is_one_sentence(table, described, words):
    path = table.with_suffix(".json")
    path.unlink()
    if described is not None:
        path.write_text(described if isinstance(described, str) else json.dumps(described))
    with pytest.raises(DatasetError, match=words):
        index_dataset(table, BODY)


def test_rows_without_a_label_are_left_out_and_a_missing_signal_too(table):
    text = table.read_text()
    table.write_text(
        text.replace(",stress,", ",,", 1).replace("body/p02.csv,body/p02.csv", ",body/p02.csv", 1)
    )
    index = index_dataset(table, BODY)
    assert index.counts == {
        "rows": 6,
        "labelled": 5,
        "without_label": 1,
        "without_files": 0,
        "incomplete": 1,
        "used": 4,
        "without_audio": 0,
    }


def test_a_table_without_signals_can_be_heard(table):
    table.write_text(table.read_text().replace("ecg,eda,start", "heart,skin,start", 1))
    index = index_dataset(table, BODY, modalities=("audio",))
    assert len(index.recordings) == 6
    assert index.modalities == ("audio",)


def separate_files(table):
    """Writes each signal into a file of its own, in a column `value`."""
    for path in (table.parent / "body").iterdir():
        written = np.loadtxt(path, delimiter=",", skiprows=1)
        for number, name in enumerate(("ecg", "eda")):
            np.savetxt(path.with_suffix(f".{name}"), written[:, number], "%.4f", header="value", comments="")
    table.write_text(re.sub(r"(body/p\d+).csv,body/p\d+.csv", r"\1.ecg,\1.eda", table.read_text()))
    described = {
        "classes": CLASSES,
        "rates": {"ecg": RATE, "eda": RATE},
        "columns": {"ecg": "value", "eda": "value"},
    }
    table.with_suffix(".json").write_text(json.dumps(described))


def test_signals_in_files_of_their_own_may_have_one_title(table):
    together = [SignalReader(r, QualityConfig()) for r in index_dataset(table, BODY).recordings]
    separate_files(table)
    apart = [SignalReader(r, QualityConfig()) for r in index_dataset(table, BODY).recordings]
    for one, other in zip(together, apart, strict=True):
        for name in ("ecg", "eda"):
            np.testing.assert_array_equal(one.samples(name), other.samples(name))


def test_a_rate_holds_for_its_file_whichever_of_its_signals_are_used(table):
    path = table.with_suffix(".json")
    expected = index_dataset(table, BODY).recordings[0].parts
    described = json.loads(path.read_text()) | {"rates": {"eda": RATE}}
    path.write_text(json.dumps(described))
    assert index_dataset(table, BODY).recordings[0].parts == expected
    alone = index_dataset(table, DatasetConfig(teacher_modalities=("ecg",))).recordings[0]
    assert len(SignalReader(alone, QualityConfig()).samples("ecg")) == SECONDS * 500


def test_a_modality_without_an_end_or_a_start_of_its_own_has_that_of_the_row(table):
    lines = table.read_text().splitlines()
    own = ["ecg_start,audio_end", "2.6,", ",13.00", *[","] * (len(lines) - 3)]
    table.write_text("\n".join(f"{line},{cells}" for line, cells in zip(lines, own, strict=True)))
    first, second = index_dataset(table, BODY).recordings[:2]
    assert [(first.part(m).start, first.part(m).end) for m in ("audio", "ecg", "eda")] == [
        (2.5, 6.5),
        (2.6, 6.5),
        (2.5, 6.5),
    ]
    assert [(second.part(m).start, second.part(m).end) for m in ("audio", "ecg")] == [(9.0, 13.0)] * 2


def test_the_sentence_about_an_end_names_the_column_that_says_it(table):
    lines = table.read_text().splitlines()
    own = ["ecg_end", "1.0", *[""] * (len(lines) - 2)]
    table.write_text("\n".join(f"{line},{cell}" for line, cell in zip(lines, own, strict=True)))
    with pytest.raises(DatasetError, match="row 2, column ecg_end: 1 s is not after the start"):
        index_dataset(table, BODY)


def test_times_are_seconds_or_a_clock(table):
    table.write_text(table.read_text().replace("9.00,13.00", "0:00:09.0,00:13", 1))
    assert index_dataset(table, BODY).recordings[1].part("ecg") == Part(9.0, 13.0, True, 700.0, "chest")

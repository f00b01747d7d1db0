import dataclasses
import unicodedata

import pandas as pd
import pytest

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.errors import DatasetError
from stressid_keras.modalities import MODALITIES, spoken_list

CONFIG = DatasetConfig()
FILES = {
    "audio": "Audio/{subject}/{name}.wav",
    "video": "Videos/{subject}/{name}.mp4",
    "physiology": "Physiological/{subject}/{name}.txt",
}


def make_tree(root, rows, without=(), header="subject/task,binary-stress,affect3-class"):
    """A tree of empty files (the index opens none) for rows of (name, label)."""
    root.mkdir(exist_ok=True)
    for name, _ in rows:
        add_files(root, name, without)
    text = "".join(f"{name},0,{label}\n" for name, label in rows)
    (root / "labels.csv").write_text(f"{header}\n{text}", encoding="utf-8")
    return root


def add_files(root, name, without=()):
    for kind, pattern in FILES.items():
        if kind not in without:
            touch(root / pattern.format(subject=name.split("_")[0], name=name))


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


ROWS = [("2ea4_Math", 2), ("2ea4_Stroop", 0), ("b7k1_Math", 1), ("b7k1_Stroop", 1)]


def names(index):
    return [recording.name for recording in index.recordings]


def test_complete_recordings_are_listed_by_name_with_label_and_files(tmp_path):
    root = make_tree(tmp_path / "tree", ROWS[::-1])
    index = index_dataset(root, CONFIG)
    assert [(r.name, r.subject, r.task, r.label) for r in index.recordings] == [
        (name, *name.split("_"), label) for name, label in ROWS
    ]
    first = index.recordings[0]
    assert first.modalities == MODALITIES
    assert first.sources == {
        "audio": root / "Audio/2ea4/2ea4_Math.wav",
        "video": root / "Videos/2ea4/2ea4_Math.mp4",
        **dict.fromkeys(("ecg", "eda", "rr"), root / "Physiological/2ea4/2ea4_Math.txt"),
    }
    assert index.subjects == ("2ea4", "b7k1")
    assert index.class_names == ("Low", "Medium", "High")
    assert index.warnings == ()


def test_the_binary_label_is_read_from_its_own_column(tmp_path):
    root = make_tree(tmp_path / "tree", [("a_Math", 2), ("a_Stroop", 1)])
    index = index_dataset(root, DatasetConfig(label="binary"))
    assert [r.label for r in index.recordings] == [0, 0]
    assert index.label_column == "binary-stress"
    assert index.warnings == ("Classes without any recording: 1 (Stress).",)


def test_a_recording_without_audio_is_used_only_where_the_teacher_asks_for_all(tmp_path):
    root = make_tree(tmp_path / "tree", ROWS)
    add_files(root, "b7k1_Video1", without=("audio",))
    add_files(root, "b7k1_Video2", without=("video",))
    with open(root / "labels.csv", "a") as file:
        file.write("b7k1_Video1,0,0\nb7k1_Video2,0,0\n")
    assert names(index_dataset(root, CONFIG)) == [name for name, _ in ROWS]
    index = index_dataset(root, dataclasses.replace(CONFIG, teacher_recordings="all"))
    assert names(index) == ["2ea4_Math", "2ea4_Stroop", "b7k1_Math", "b7k1_Stroop", "b7k1_Video1"]
    assert index.recordings[-1].modalities == ("video", "ecg", "eda", "rr")
    assert index.recordings[-1].modalities != MODALITIES
    assert index.counts["without_audio"] == 1


def test_where_no_teacher_looks_audio_suffices_and_is_all_that_is_used(tmp_path):
    root = make_tree(tmp_path / "tree", ROWS[:2], without=("video", "physiology"))
    add_files(root, "b7k1_Math")
    add_files(root, "b7k1_Video1", without=("audio",))
    with open(root / "labels.csv", "a") as file:
        file.write("b7k1_Math,0,1\nb7k1_Video1,0,0\n")
    for config in (CONFIG, dataclasses.replace(CONFIG, teacher_recordings="all")):
        index = index_dataset(root, config, modalities=("audio",))
        assert names(index) == ["2ea4_Math", "2ea4_Stroop", "b7k1_Math"]
        assert {recording.modalities for recording in index.recordings} == {("audio",)}
        assert index.needed == index.modalities == ("audio",)
        assert index.privileged == ()
    assert index_dataset(root, CONFIG).needed == tuple(m for m in MODALITIES if m != "audio")


def test_availability_lists_every_labelled_recording_used_or_not(tmp_path):
    root = make_tree(tmp_path / "tree", [*ROWS[:1], ("c_Math", "")])
    add_files(root, "2ea4_Speaking", without=("audio",))
    add_files(root, "2ea4_Video1", without=("video", "physiology"))
    touch(root / "Physiological/2ea4/2ea4_Video1_EDA.png")
    with open(root / "labels.csv", "a") as file:
        file.write("2ea4_Speaking,0,1\n2ea4_Video1,0,0\nd_Stroop,0,2\n")
    table = index_dataset(root, CONFIG).availability
    assert list(table.columns) == ["recording", "subject", "task", "label", *MODALITIES]
    held = {row["recording"]: [m for m in MODALITIES if row[m]] for _, row in table.iterrows()}
    assert held == {
        "2ea4_Math": list(MODALITIES),
        "2ea4_Speaking": ["video", "ecg", "eda", "rr"],
        "2ea4_Video1": ["audio", "eda"],
        "d_Stroop": [],
    }
    assert table["label"].tolist() == [2, 1, 0, 2]
    assert all(pd.api.types.is_bool_dtype(table[m]) for m in MODALITIES)


def test_counts_account_for_every_row(tmp_path):
    root = make_tree(tmp_path / "tree", [*ROWS, ("c_Math", ""), ("c_Stroop", "NaN"), ("c_Reading", "nan")])
    add_files(root, "c_Speaking", without=("video",))
    with open(root / "labels.csv", "a") as file:
        file.write("c_Speaking,0,1\nd_Math,0,1\nd_Stroop,0,1\ne_Short\n")
    counts = index_dataset(root, CONFIG).counts
    assert counts == {
        "rows": 11,
        "labelled": 7,
        "without_label": 4,
        "without_files": 2,
        "incomplete": 1,
        "used": 4,
        "without_audio": 0,
    }


def test_oddities_are_summarised_in_one_warning_each(tmp_path):
    root = make_tree(tmp_path / "tree", [*ROWS[:3], *((f"zz{n}_Math", 0) for n in range(40))])
    for n in range(40):
        for folder in ("Audio", "Videos", "Physiological"):
            for path in (root / folder / f"zz{n}").iterdir():
                path.unlink()
    touch(root / "Physiological/2ea4/2ea4_Baseline.txt")
    touch(root / "Physiological/b7k1/b7k1_Baseline.txt")
    touch(root / "Audio/b7k1/2ea4_Reading.wav")
    with open(root / "labels.csv", "a") as file:
        file.write("Total,0,1\n")
    assert index_dataset(root, CONFIG).warnings == (
        "Rows of labels.csv that name no recording, ignored: 1 (line 45 ('Total')).",
        "Labelled recordings without any file: 40 (such as zz0_Math).",
        "Recordings with files but no row in labels.csv: 2 (such as 2ea4_Baseline).",
        "Files outside the folder of their subject, ignored: 1 (2ea4_Reading.wav).",
        "Subjects with a single recording: 1 (b7k1).",
    )


def test_labels_survive_what_spreadsheets_do_to_them(tmp_path):
    root = make_tree(tmp_path / "tree", ROWS)
    table = (
        "\ufeffsubject/task , binary-stress,affect3-class\r\n 2ea4_Math ,1, 2.0\r\n\r\n"
        '"2ea4_Stroop",0,0\r\n,,\r\nb7k1_Math,0,1\r\nb7k1_Math,0,\r\nb7k1_Stroop,0,1\r\nb7k1_Math,0,1.0\r\n'
    )
    (root / "labels.csv").write_bytes(table.encode())
    index = index_dataset(root, CONFIG)
    assert [(r.name, r.label) for r in index.recordings] == ROWS
    assert index.counts["rows"] == 4


def test_the_first_column_names_the_recording_whatever_its_title(tmp_path):
    root = make_tree(tmp_path / "tree", ROWS, header=",binary-stress,affect3-class")
    assert names(index_dataset(root, CONFIG)) == [name for name, _ in ROWS]


def test_subjects_that_look_like_numbers_keep_their_names(tmp_path):
    root = make_tree(tmp_path / "tree", [("0123_Math", 0), ("3e12_Math", 1), ("1_0", 2), ("NA_Math", 2)])
    assert index_dataset(root, CONFIG).subjects == ("0123", "1", "3e12", "NA")


def write_labels(root, names):
    (root / "labels.csv").write_text(
        "subject/task,affect3-class\n" + "".join(f"{name},1\n" for name in names)
    )


def add_recording(root, subject, name):
    for pattern in FILES.values():
        touch(root / pattern.format(subject=subject, name=name))


def test_the_folder_is_the_subject_whatever_underscores_it_has(tmp_path):
    people = {"sub_01_Math": "sub_01", "sub_01_Video_1": "sub_01", "sub_Math": "sub", "a b.c_Math": "a b.c"}
    for name, subject in people.items():
        add_recording(tmp_path, subject, name)
    write_labels(tmp_path, people)
    index = index_dataset(tmp_path, CONFIG)
    assert {r.name: r.subject for r in index.recordings} == people
    assert {r.task for r in index.recordings} == {"Math", "Video_1"}
    assert all(r.modalities == MODALITIES for r in index.recordings)
    assert not any("outside" in warning for warning in index.warnings)


def test_a_task_that_begins_like_another_subject_stays_with_its_folder(tmp_path):
    add_recording(tmp_path, "sub_01", "sub_01_Stroop")
    add_recording(tmp_path, "sub", "sub_01_Math")
    write_labels(tmp_path, ["sub_01_Stroop", "sub_01_Math"])
    recordings = index_dataset(tmp_path, CONFIG).recordings
    assert [(r.subject, r.task) for r in recordings] == [("sub", "01_Math"), ("sub_01", "Stroop")]


def test_a_recording_that_may_be_of_two_people_is_left_out_and_said(tmp_path):
    add_recording(tmp_path, "b", "b_Math")
    add_recording(tmp_path, "sub", "sub_01_Math")
    touch(tmp_path / "Audio/sub_01/sub_01_Math.wav")
    write_labels(tmp_path, ["b_Math", "sub_01_Math"])
    index = index_dataset(tmp_path, CONFIG)
    assert names(index) == ["b_Math"]
    assert "Recordings with files in the folders of two subjects, ignored: 1 (sub_01_Math)." in index.warnings


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC"), ("NFD", "NFD")])
def test_accents_are_compared_and_not_how_they_are_written(tmp_path, forms):
    on_disk, in_table = (unicodedata.normalize(form, "Zo\u00eb") for form in forms)
    add_recording(tmp_path, on_disk, f"{on_disk}_Math")
    write_labels(tmp_path, [f"{in_table}_Math"])
    (recording,) = index_dataset(tmp_path, CONFIG).recordings
    assert (recording.name, recording.subject) == ("Zo\u00eb_Math", "Zo\u00eb")
    assert all(path.exists() for path in recording.sources.values())


def test_a_second_file_of_the_same_modality_is_said(tmp_path):
    root = make_tree(tmp_path / "tree", ROWS)
    composed, split = (unicodedata.normalize(form, "Zo\u00eb") for form in ("NFC", "NFD"))
    for form in (composed, split):
        add_recording(root, form, f"{form}_Math")
    write_labels(root, [*(name for name, _ in ROWS), f"{composed}_Math"])
    touch(root / "Audio/2ea4/2ea4_Math.WAV")
    warnings = index_dataset(root, CONFIG).warnings
    assert any("beside another of the same recording and modality, ignored: 4 (" in w for w in warnings)


def test_files_of_unusable_names_are_left_out_and_said(tmp_path):
    root = make_tree(tmp_path / "tree", ROWS)
    touch(root / "Audio/2ea4/2ea4_Ma\nth.wav")
    warnings = index_dataset(root, CONFIG).warnings
    assert any("control characters in their name, ignored: 1 ('2ea4_Ma\\nth.wav')" in w for w in warnings)


def test_upper_case_extensions_and_folders_in_lower_case_are_found(tmp_path):
    root = make_tree(tmp_path / "tree", [("a_Math", 0)])
    (root / "Audio/a/a_Math.wav").rename(root / "Audio/a/a_Math.WAV")
    (root / "Videos/a/a_Math.mp4").rename(root / "Videos/a/a_Math.MP4")
    (root / "Physiological").rename(root / "physiological")
    assert index_dataset(root, CONFIG).recordings[0].modalities == MODALITIES


def test_images_made_earlier_stand_in_for_raw_files_and_yield_to_them(tmp_path):
    root = make_tree(tmp_path / "tree", [("a_Math", 0), ("a_Stroop", 1)], without=("audio", "physiology"))
    for task in ("Math", "Stroop"):
        touch(root / f"Audio/a/a_{task}.png")
        for signal in ("ECG", "EDA", "RR"):
            touch(root / f"Physiological/a/a_{task}_{signal}.png")
    text = touch(root / "Physiological/a/a_Stroop.txt")
    math, stroop = index_dataset(root, CONFIG).recordings
    assert math.sources["audio"].name == "a_Math.png"
    assert math.sources["eda"].name == "a_Math_EDA.png"
    assert {stroop.sources[signal] for signal in ("ecg", "eda", "rr")} == {text}


def test_hidden_copies_and_foreign_files_are_not_recordings(tmp_path):
    root = make_tree(tmp_path / "tree", ROWS)
    for path in (
        "Audio/2ea4/._2ea4_Math.wav",
        "Audio/.DS_Store",
        "Videos/2ea4/notes.txt",
        "self_assessments.csv",
    ):
        touch(root / path)
    assert index_dataset(root, CONFIG).warnings == ()


def refuse(root, *words, config=CONFIG):
    """The tree is refused in one sentence that names all of `words`."""
    with pytest.raises(DatasetError) as caught:
        index_dataset(root, config)
    message = str(caught.value)
    assert message.endswith((".", "?"))
    assert "\n" not in message
    for word in (str(root), *words):
        assert word in message, message


def test_a_missing_tree_is_refused(tmp_path):
    refuse(tmp_path / "nowhere", "does not exist", "labels.csv")


def test_a_file_in_place_of_the_tree_is_refused(tmp_path):
    refuse(touch(tmp_path / "labels.csv"), "is a file", "folder")


def test_an_empty_tree_is_refused(tmp_path):
    refuse(tmp_path, "is an empty folder")


def test_a_tree_without_labels_is_refused_and_the_tree_inside_suggested(tmp_path):
    make_tree(tmp_path / "StressID", ROWS)
    refuse(tmp_path, "has no labels.csv", f"did you mean {tmp_path / 'StressID'}?")
    (tmp_path / "StressID/labels.csv").unlink()
    refuse(tmp_path / "StressID", "has no labels.csv", "found Audio, Physiological, Videos")


def test_a_tree_without_recordings_is_refused(tmp_path):
    make_tree(tmp_path, ROWS, without=FILES)
    refuse(tmp_path, "has no recordings", "Audio/<subject>/<subject>_<Task>.wav")


def test_an_unknown_label_column_is_refused_with_those_found(tmp_path):
    make_tree(tmp_path, ROWS, header="subject/task,binary-stress,affect3_class")
    refuse(tmp_path, "no column 'affect3-class'", "'binary-stress'", "did you mean 'affect3_class'?")


@pytest.mark.parametrize(
    "content", [b"", b"\r\n \r\n", b"\0\0\0\0", b"\xff\xfe\x00", b'subject/task,"affect3', None]
)
def test_an_unreadable_label_table_is_refused(tmp_path, content):
    make_tree(tmp_path, ROWS)
    (tmp_path / "labels.csv").unlink()
    if content is None:
        (tmp_path / "labels.csv").mkdir()
    else:
        (tmp_path / "labels.csv").write_bytes(content)
    refuse(tmp_path, "labels.csv", "expected", "restore it")


@pytest.mark.parametrize("label", [3, -1])
def test_a_label_outside_the_classes_is_refused_with_its_line(tmp_path, label):
    make_tree(tmp_path, [*ROWS, ("b7k1_Reading", label)])
    refuse(tmp_path, "labels.csv, line 6", "b7k1_Reading", f"is {label}", "from 0 to 2")


@pytest.mark.parametrize("label", ["1.5", "high", "inf", "1e999"])
def test_a_label_that_is_no_integer_is_refused_with_its_line(tmp_path, label):
    make_tree(tmp_path, [*ROWS, ("b7k1_Reading", label)])
    refuse(tmp_path, "labels.csv, line 6", "b7k1_Reading", repr(label), "from 0 to 2")


def test_a_recording_with_two_labels_is_refused(tmp_path):
    make_tree(tmp_path, [*ROWS, ("2ea4_Math", 1)])
    refuse(tmp_path, "2ea4_Math", "2 and 1", "line 6")


def test_a_tree_without_a_complete_recording_is_refused_with_what_is_lacking(tmp_path):
    make_tree(tmp_path, ROWS, without=("audio",))
    lacking = (
        f"no recording with {spoken_list(MODALITIES)}: of 4 labelled recordings",
        "4 lack audio",
        "0 lack video",
        "0 lack ecg",
    )
    refuse(tmp_path, *lacking)
    refuse(tmp_path, *lacking, config=dataclasses.replace(CONFIG, teacher_recordings="all"))


def test_a_tree_whose_rows_have_no_label_is_refused(tmp_path):
    make_tree(tmp_path, [(name, "") for name, _ in ROWS])
    refuse(tmp_path, "labels no recording", "4 recordings without a label")

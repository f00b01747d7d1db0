"""`recipes/predict.py` as a user runs it."""

import csv
import json
import logging
import re
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from stressid_keras.errors import StressIDError

from ..coded_sound import write_coded
from ..small_export import CLASS_NAMES, RATE, speech

RECIPE = Path(__file__).resolve().parents[2] / "recipes" / "predict.py"


def run_recipe(*options, check=True, cwd=None):
    command = [sys.executable, str(RECIPE), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, check=check, cwd=cwd)


@pytest.fixture
def wav(tmp_path):
    path = tmp_path / "talk.wav"
    soundfile.write(path, np.concatenate([speech(3.1, 48_000), np.zeros(3 * 48_000)]), 48_000)
    return path


def test_table_of_windows_and_of_the_whole(runner, model, wav):
    prediction = runner.predict(wav)
    lines = run_recipe(wav, "--model", model).stdout.strip().splitlines()
    assert lines[0].split() == ["talk.wav", *CLASS_NAMES]
    assert len(lines) == len(prediction.starts) + 2
    for line, expected in zip(lines[1:-1], prediction.probabilities, strict=True):
        numbers = [float(number) for number in re.findall(r"\d\.\d{3}", line)]
        np.testing.assert_allclose(numbers, expected, atol=6e-4)
    assert lines[-2].endswith("silent")
    assert lines[-1].startswith("whole, 6.10 s")
    assert f"{prediction.label}, 2 of 6 windows silent" in lines[-1]


def test_json_holds_every_number(runner, model, wav):
    (found,) = json.loads(run_recipe(wav, "--model", model, "--hop", 0.5, "--json").stdout)
    expected = runner.predict(wav, hop=0.5)
    np.testing.assert_allclose(found["probabilities"], expected.probabilities, atol=1e-7)
    assert found["starts"] == expected.starts.tolist()
    assert (found["label"], found["class_names"]) == (expected.label, CLASS_NAMES)


def test_picture(model, wav, tmp_path):
    run_recipe(wav, "--model", model, "--plot", tmp_path / "pictures" / "talk.png")
    with Image.open(tmp_path / "pictures" / "talk.png") as picture:
        assert picture.size == (1100, 800)


def test_one_bad_recording_does_not_stop_the_others(model, wav, tmp_path):
    bad = tmp_path / "bad.wav"
    bad.write_text("text")
    result = run_recipe(bad, wav, "--model", model, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("error: bad.wav is not audio that can be read")
    assert result.stdout.startswith("talk.wav")


@pytest.fixture
def folder(tmp_path, wav):
    """Two recordings in two folders, one that cannot be read, and files that are none."""
    folder = tmp_path / "recordings"
    (folder / "b").mkdir(parents=True)
    write_coded(folder / "b" / "a.M4A", speech(3.1, 48_000))
    wav.rename(folder / "talk.wav")
    (folder / "cut.wav").write_bytes((folder / "talk.wav").read_bytes()[:9000])
    for name in ("notes.txt", ".hidden.wav", "b/labels.csv"):
        (folder / name).write_text("no sound")
    return folder


def read_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_folder_becomes_a_table_of_its_recordings(runner, model, folder, tmp_path):
    result = run_recipe(folder, "--model", model, "--csv", tmp_path / "made" / "all.csv", check=False)
    assert result.returncode == 2
    assert result.stdout == ""
    left_out, refused, made = result.stderr.strip().split("\n")
    assert left_out.endswith("left out 2 whose names are not those of sound: labels.csv, notes.txt")
    assert refused.startswith("error: cut.wav is truncated")
    assert made.strip() == str(tmp_path / "made" / "all.csv")
    rows = read_csv(tmp_path / "made" / "all.csv")
    names = ["file", "seconds", "windows", "silent", "label", *(f"p_{name}" for name in CLASS_NAMES), "error"]
    assert [list(row) for row in rows] == [names] * 3
    assert [row["file"] for row in rows] == [
        str(folder / name) for name in (Path("b", "a.M4A"), "cut.wav", "talk.wav")
    ]
    assert f"error: {rows[1].pop('error')}" == refused
    assert not any(value for name, value in rows[1].items() if name != "file")
    for row in (rows[0], rows[2]):
        expected = runner.predict(row["file"])
        shares = [float(row[f"p_{name}"]) for name in CLASS_NAMES]
        np.testing.assert_allclose(shares, expected.mean, atol=1e-6)
        assert (row["label"], row["error"]) == (expected.label, "")
        assert float(row["seconds"]) == pytest.approx(expected.seconds, abs=1e-6)
        counts = int(row["windows"]), int(row["silent"])
        assert counts == (len(expected.silent), expected.silent.sum())


def test_a_table_of_windows(runner, model, folder, tmp_path):
    path = tmp_path / "all.csv"
    run_recipe(folder, "--model", model, "--csv", path, "--windows", "--hop", 0.5, check=False)
    rows = [row for row in read_csv(path) if row["file"].endswith("talk.wav")]
    expected = runner.predict(folder / "talk.wav", hop=0.5)
    shares = [[float(row[f"p_{name}"]) for name in CLASS_NAMES] for row in rows]
    np.testing.assert_allclose(shares, expected.probabilities, atol=1e-6)
    np.testing.assert_allclose([float(row["start"]) for row in rows], expected.starts, atol=1e-6)
    assert rows[-1]["end"] == "6.1"
    assert [int(row["silent"]) for row in rows] == expected.silent.tolist()
    labels = [CLASS_NAMES[place] for place in expected.probabilities.argmax(axis=1)]
    assert [row["label"] for row in rows] == labels


def test_rows_that_cannot_take_their_place_are_kept_and_named(recipe_module, runner, wav, tmp_path):
    """In the end a folder is in the way, as a program that has the table open would be."""
    tables = recipe_module("prediction_tables")
    target, beside = tmp_path / "all.csv", tmp_path / "all.part1.csv"

    def score():
        with tables.csv_rows(target, runner, by_window=False) as rows:
            rows.add(wav, runner.predict(wav))
            target.mkdir()

    with pytest.raises(StressIDError) as caught:
        score()
    assert str(caught.value).startswith(
        f"--csv cannot write {target} (Is a directory): close it in other programs"
    )
    assert str(caught.value).endswith(f"; the finished rows are kept in {beside}.")
    assert [row["file"] for row in read_csv(beside)] == [str(wav)]


def test_without_room_the_whole_rows_are_kept_and_an_interrupted_table_leaves_nothing(
    recipe_module, runner, wav, tmp_path
):
    tables = recipe_module("prediction_tables")
    prediction, limits = runner.predict(wav), resource.getrlimit(resource.RLIMIT_FSIZE)

    def score(name, and_then):
        with tables.csv_rows(tmp_path / name, runner, by_window=False) as rows:
            rows.add(wav, prediction)
            and_then(rows)

    def run_out(rows):
        resource.setrlimit(resource.RLIMIT_FSIZE, (rows.finished + 10, limits[1]))
        try:
            rows.add(wav, prediction)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    def interrupt(rows):
        raise KeyboardInterrupt

    with pytest.raises(StressIDError, match=r"all\.csv \(File too large\): .+ kept in .+part1"):
        score("all.csv", run_out)
    assert [row["label"] for row in read_csv(tmp_path / "all.part1.csv")] == [prediction.label]
    with pytest.raises(KeyboardInterrupt):
        score("other.csv", interrupt)
    assert {path.name for path in tmp_path.glob("*.csv")} == {"all.part1.csv"}


def test_what_the_log_has_a_traceback_of_is_no_note_beside_its_sentence(recipe_module, monkeypatch, capsys):
    logger = logging.getLogger("stressid_keras")
    monkeypatch.setattr(logger, "handlers", [])
    recipe_module("predict").show_warnings()
    logger.warning("talk.wav is odd")
    logger.warning("talk.m4a", exc_info=ValueError("of a decoder"))
    assert capsys.readouterr().err == "note: talk.wav is odd\n"


def test_channels_that_cancel_are_said_and_one_may_be_chosen(runner, model, tmp_path):
    voice = speech(3.0)
    soundfile.write(tmp_path / "talk.wav", np.stack([voice, -voice], axis=1), RATE)
    result = run_recipe(tmp_path / "talk.wav", "--model", model)
    assert result.stderr.startswith("note: talk.wav has channels that cancel each other")
    assert "--channel left" in result.stderr
    for name in ("left", 1):
        result = run_recipe(tmp_path / "talk.wav", "--model", model, "--channel", name, "--json")
        assert result.stderr == ""
        expected = runner.predict(tmp_path / "talk.wav", channel="left")
        np.testing.assert_allclose(json.loads(result.stdout)[0]["mean"], expected.mean, atol=1e-7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "missing.tflite"], "missing.tflite is no exported student (No such file or directory)"),
        (["--hop", "0"], "--hop is '0'; expected a number above 0"),
        (["--plot", "talk.jpg"], "--plot writes a PNG file and was given talk.jpg"),
        (["--hop", "1e308"], "--hop is '1e308'; expected a number above 0"),
        (["--plot", "/proc/talk.png"], "--plot cannot write /proc/talk.png (No such file or directory)"),
        (["--plot", "talk.png", "other.wav"], "--plot draws one recording and 2 were given"),
        (["--channel", "0"], "--channel is '0'; expected mix, left, right, or a number from 1 to 64"),
        (["--csv", "talk.wav"], "--csv writes a table and was given talk.wav; name one that ends in .csv"),
        (["--csv", "/proc/talk.csv"], "--csv cannot write /proc/talk.csv (No such file or directory)"),
        (
            ["--csv", "FOLDER.csv"],
            "--csv writes a table and was given FOLDER.csv, a folder; name a file in it",
        ),
        (["--windows"], "--windows says what --csv writes; expected both"),
        ([Path(__file__).parent], f"{Path(__file__).parent} holds no recordings; expected files with names"),
    ],
)
def test_mistake_is_one_sentence(model, wav, options, message):
    (wav.parent / "FOLDER.csv").mkdir()
    result = run_recipe("--model", model, *options, wav, check=False, cwd=wav.parent)
    assert result.returncode == 2
    assert result.stderr.startswith(f"error: {message}")
    assert result.stderr.count("\n") == 1


def test_neither_tensorflow_nor_keras_is_loaded(model, wav, tmp_path):
    code = (
        "import sys, runpy; sys.argv = sys.argv[1:]; sys.path.insert(0, sys.argv[0].rpartition('/')[0])\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "assert not {'tensorflow', 'keras', 'librosa'} & set(sys.modules)"
    )
    options = [RECIPE, wav, "--model", model, "--plot", tmp_path / "talk.png"]
    subprocess.run([sys.executable, "-c", code, *map(str, options)], check=True, capture_output=True)

"""`recipes/predict.py` as a user runs it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from ..small_export import CLASS_NAMES, speech

RECIPE = Path(__file__).resolve().parents[2] / "recipes" / "predict.py"


def run_recipe(*options, check=True):
    command = [sys.executable, str(RECIPE), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, check=check)


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "missing.tflite"], "missing.tflite is no exported student (No such file or directory)"),
        (["--hop", "0"], "--hop is '0'; expected a number above 0"),
        (["--plot", "talk.jpg"], "--plot writes a PNG file and was given talk.jpg"),
        (["--hop", "1e308"], "--hop is '1e308'; expected a number above 0"),
        (["--plot", "/proc/talk.png"], "--plot cannot write /proc/talk.png (No such file or directory)"),
        (["--plot", "talk.png", "other.wav"], "--plot draws one recording and 2 were given"),
    ],
)
def test_mistake_is_one_sentence(model, wav, options, message):
    result = run_recipe("--model", model, *options, wav, check=False)
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

"""A console or a log of any encoding gets the output, and nothing but ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from ..recipe_table import RECIPES
from ..small_export import RATE, deployed_student, speech, write_export

ROOT = Path(__file__).resolve().parents[2]
CONSOLES = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "cp932": {"PYTHONIOENCODING": "cp932"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
# A recipe that says all kinds of things: itself, a child, and C++ beside Python.
SAYS = """
import os, sys
from errors import main
def recipe():
    print("α × é – ≥ 日本 🎤 \\udce9")
    sys.stderr.write("own: α\\n")
    os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n")
    os.write(2, b"I0000 00:00:1795691857.518834   10774 cudart_stub.cc:31] Could not find cuda drivers\\n")
    os.write(2, b"E0000 00:00:1795691857.518834   10774 cuda_platform.cc:52] failed call to cuInit: INTERNAL: "
                b"CUDA error: Failed call to cuInit: UNKNOWN ERROR (303)\\n")
    os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\\n")
    os.write(2, b"E0000 00:00:1795691857.518834   10774 gpu.cc:52] out of memory\\n")
    os.system("echo INFO: a child >&2; echo a child fails >&2")
    exec(sys.argv[1])
main(recipe)
"""


def says(then, **environment):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'recipes'}", **environment}
    return subprocess.run([sys.executable, "-c", SAYS, then], capture_output=True, env=environment)


@pytest.mark.parametrize("name", RECIPES)
def test_help_is_written_where_there_is_ascii_alone(started, name):
    result = started(name, "--help", **CONSOLES["C"])
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.startswith(b"usage: ")


def test_a_prediction_and_a_mistake_are_written_on_every_console(started, tmp_path):
    from stressid_keras.export.convert import to_tflite

    model = write_export(tmp_path / "student.tflite", to_tflite(deployed_student()))
    for name, console in CONSOLES.items():
        sound = tmp_path / ("entree.wav" if name == "C" else "entrée 録音 🎤.wav")
        soundfile.write(sound, speech(3.0), RATE)
        result = started("predict", sound, "--model", model, **console)
        assert (result.returncode, result.stderr) == (0, b"")
        assert b"whole, " in result.stdout
        result = started("predict", tmp_path / "fehlt – ü.wav", "--model", model, **console)
        assert result.returncode == 2
        assert result.stderr.startswith(b"error: ")
        assert b"Traceback" not in result.stderr


def test_what_an_encoding_lacks_is_spelt_out():
    lines = {name: says("", PYTHONIOENCODING=name).stdout for name in ("ascii", "cp1252", "utf-8")}
    assert lines["ascii"].rstrip() == rb"alpha x e - >= \u65e5\u672c \U0001f3a4 \udce9"
    assert lines["cp1252"].rstrip() == rb"alpha %c %c %c >= \u65e5\u672c \U0001f3a4 \udce9" % (
        0xD7,
        0xE9,
        0x96,
    )
    assert lines["utf-8"].rstrip() == "α × é – ≥ 日本 🎤 ".encode() + rb"\udce9"


def test_start_up_notes_are_dropped_and_errors_pass():
    result = says("", PYTHONIOENCODING="utf-8")
    assert result.returncode == 0
    assert sorted(result.stderr.splitlines()) == [
        b"E0000 00:00:1795691857.518834   10774 gpu.cc:52] out of memory",
        b"a child fails",
        "own: α".encode(),
    ]


def test_the_last_words_of_a_crash_are_shown():
    result = says("os.write(2, b'F0000 no AVX'); os.abort()")
    assert result.returncode < 0
    assert b"F0000 no AVX" in result.stderr


def test_a_fault_of_ours_keeps_its_traceback():
    result = says("1 / 0")
    assert result.returncode == 1
    assert b"Traceback" in result.stderr
    assert result.stderr.rstrip().endswith(b"ZeroDivisionError: division by zero")


@pytest.mark.parametrize(
    ("then", "sentence"),
    [
        (
            "raise MemoryError('Unable to allocate 3 TiB')",
            b"not enough memory (Unable to allocate 3 TiB); run again",
        ),
        (
            "raise OSError(28, 'No space left on device', 'out/a.csv')",
            b"out/a.csv: No space left on device; fix that",
        ),
    ],
)
def test_a_full_machine_is_a_sentence(then, sentence):
    result = says(then)
    assert result.returncode == 2
    assert b"Traceback" not in result.stderr
    assert sentence in result.stderr


def test_tensorflow_starts_silently():
    result = says("import tensorflow as tf; tf.zeros(2) + 1; print(tf.config.list_physical_devices('CPU'))")
    assert result.returncode == 0
    assert b"PhysicalDevice" in result.stdout
    assert set(result.stderr.splitlines()) == {
        b"E0000 00:00:1795691857.518834   10774 gpu.cc:52] out of memory",
        b"a child fails",
        "own: α".encode(),
    }

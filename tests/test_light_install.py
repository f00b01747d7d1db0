"""What a device's program installs, the wheel without extras, is enough to ask an exported student."""

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stressid_keras import StudentRunner, __version__

from .coded_sound import write_coded
from .small_export import RATE, deployed_student, speech, write_export

ROOT = Path(__file__).resolve().parents[1]
# Not those of this process, which may point to this checkout and a backend.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "KERAS"))}
PREDICT = """
import importlib.util, json, sys
from stressid_keras import StudentRunner, __version__
runner = StudentRunner(sys.argv[1])
prediction = runner.predict(sys.argv[2])
try:
    runner.predict(sys.argv[3])
    refusal = ""
except ValueError as error:
    refusal = str(error)
heavy = [name for name in ("keras", "tensorflow", "pandas", "scipy", "cv2", "av") if importlib.util.find_spec(name)]
try:
    from stressid_keras import Run
    sentence = ""
except ImportError as error:
    sentence = str(error)
found = {"probabilities": prediction.probabilities.tolist(), "heavy": heavy}
print(json.dumps(found | {"sentence": sentence, "refusal": refusal}))
"""


def run(*command):
    return subprocess.run(
        [*map(str, command)], capture_output=True, text=True, env=ENVIRONMENT, cwd=ROOT.anchor
    )


@pytest.fixture(scope="module")
def light_python(tmp_path_factory):
    """The interpreter of a fresh environment in which the built wheel alone was installed."""
    folder = tmp_path_factory.mktemp("light")
    reached = run(sys.executable, "-m", "pip", "download", "--no-deps", "--dest", folder / "probe", "wrapt")
    if reached.returncode:
        pytest.skip("pip reaches no package index")
    source = shutil.copytree(ROOT / "stressid_keras", folder / "source" / "stressid_keras").parent
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    built = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, source)
    assert built.returncode == 0, built.stderr
    venv.create(folder / "environment", with_pip=True)
    python = folder / "environment" / "bin" / "python"
    installed = run(python, "-m", "pip", "install", *folder.glob("*.whl"))
    assert installed.returncode == 0, installed.stderr
    return python


def test_the_wheel_without_extras_predicts(light_python, tmp_path):
    from stressid_keras.export.convert import to_tflite

    model = write_export(tmp_path / "student.tflite", to_tflite(deployed_student()))
    soundfile.write(tmp_path / "talk.wav", speech(3.0), RATE)
    write_coded(tmp_path / "talk.m4a", speech(3.0, 48_000))
    result = run(light_python, "-c", PREDICT, model, tmp_path / "talk.wav", tmp_path / "talk.m4a")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    expected = StudentRunner(model).predict(tmp_path / "talk.wav").probabilities
    np.testing.assert_allclose(found["probabilities"], expected, atol=1e-6)
    assert found["heavy"] == []
    assert found["sentence"].startswith("Run needs ")
    assert 'pip install -e ".[train]"' in found["sentence"]
    assert 'needs PyAV to be read; pip install -e ".[formats]"' in found["refusal"]


def test_the_lines_of_the_readme_run_on_the_wheel_alone(light_python, tmp_path):
    from stressid_keras.export.convert import to_tflite

    (code,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    model = write_export(tmp_path / "student.tflite", to_tflite(deployed_student()))
    soundfile.write(tmp_path / "clip.wav", speech(3.0), RATE)
    code = code.replace("saved_models/sample/student.tflite", str(model))
    result = run(light_python, "-c", code.replace("clip.wav", str(tmp_path / "clip.wav")))
    assert result.returncode == 0, result.stderr
    expected = StudentRunner(model).predict(tmp_path / "clip.wav")
    assert result.stdout.startswith(f"{expected.label} ")


def test_the_wheel_brings_the_speech_encoder_and_its_licence(light_python):
    code = (
        "from importlib.resources import files; from stressid_keras.media.speech import load_weights; load_weights()\n"
        "assert all((files('stressid_keras.media.speech') / name).is_file() for name in ('LICENSE', 'NOTICE'))"
    )
    result = run(light_python, "-c", code)
    assert result.returncode == 0, result.stderr


def test_a_recipe_says_what_it_lacks(light_python):
    result = run(light_python, ROOT / "recipes" / "distill.py", "--help")
    assert result.returncode == 1
    assert 'is not installed; pip install -e ".[train]" brings what the recipes need.' in result.stderr
    assert "Traceback" not in result.stderr


def test_the_doctor_says_what_a_light_install_lacks(light_python):
    result = run(light_python, "-m", "stressid_keras", "doctor")
    assert result.returncode == 0, result.stderr
    rows = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    assert rows["version"].split()[1] == __version__
    assert rows["keras"].endswith("not installed")
    assert "keras, keras-tuner" in rows["train"]
    assert rows["train"].endswith('pip install -e ".[train]"')
    assert "the extra formats brings it" in rows["PyAV"]

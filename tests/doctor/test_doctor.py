"""python -m stressid_keras doctor: what it says of this machine, of a broken one, and of packages that are missing."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from stressid_keras import __main__ as command_line
from stressid_keras import __version__
from stressid_keras.doctor import backends, diagnose, requirements
from stressid_keras.doctor.backends import active_backend

from ..recipe_table import RECIPES

ROOT = Path(__file__).resolve().parents[2]
# What loads for long stays out, whatever is installed.
SLOW = ("keras", "tensorflow", "jax", "torch", "matplotlib", "pandas", "scipy")
ASK = f"""
import sys
from stressid_keras.__main__ import main
status = main(["doctor"])
print("LOADED", [name for name in {SLOW} if name in sys.modules])
sys.exit(status)
"""
METADATA = """Metadata-Version: 2.1
Name: laboratory-tool
Version: 1.0
Provides-Extra: train
Provides-Extra: faces
Requires-Dist: numpy>=2.1
Requires-Dist: keras>=3.13.2; extra == "train"
Requires-Dist: not_on.this-machine~=1.2; python_version >= "3.11" and extra == 'train'
Requires-Dist: numpy (>=900.1) ; extra == "train"
Requires-Dist: soundfile<1000,>=900.2; extra == "train"
Requires-Dist: laboratory_tool[train]; extra == "faces"
"""


def doctor(*command, **environment):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, env=environment, timeout=60
    )


def test_it_tells_versions_backend_codecs_disk_and_recipes_and_starts_no_backend():
    said = doctor("-c", ASK, KERAS_BACKEND="jax")
    assert said.returncode == 0, said.stderr
    lines = [line.strip() for line in said.stdout.splitlines()]
    assert "LOADED []" in lines
    assert any(line.split() == ["version", __version__] for line in lines)
    assert any(line.startswith("jax ") and line.endswith("active (KERAS_BACKEND)") for line in lines)
    assert any(line.startswith("libsndfile ") and "MP3" in line for line in lines)
    assert any(line.startswith("PyAV ") and "AAC" in line and "H.264" in line for line in lines)
    assert any(line.startswith("data ") and "GB free" in line for line in lines)
    assert {name for name in RECIPES if any(line.startswith(f"{name} ") for line in lines)} == set(RECIPES)


def test_a_core_that_does_not_load_is_named_and_the_rest_still_told(tmp_path):
    (tmp_path / "soundfile.py").write_text("raise OSError('libsndfile is not there')")
    said = doctor("-m", "stressid_keras", "doctor", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert said.returncode == 1
    assert "BROKEN: OSError: libsndfile is not there" in said.stdout
    assert "usable cores" in said.stdout
    assert said.stderr == ""


@pytest.fixture
def other_package(tmp_path, monkeypatch):
    """An installed package of another name takes the place of this one."""
    folder = tmp_path / "laboratory_tool-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(METADATA)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(requirements, "PACKAGE", "laboratory_tool")


def test_what_is_missing_or_too_old_is_told_by_extra_and_by_recipe(other_package):
    found = requirements.missing_by_extra()
    assert found[""] == []
    first, second, third = found["train"]
    assert first == "not-on-this-machine"
    assert second.startswith("numpy 900.1 (")
    assert third.startswith("soundfile 900.2 (")
    assert found["faces"] == found["train"]
    recipes = [
        SimpleNamespace(name="predict", needs=(), options={"--plot": "train"}),
        SimpleNamespace(name="distill", needs=("train",), options={}),
    ]
    rows = dict(requirements.recipe_rows(recipes))
    assert rows == {
        "predict": "ready; --plot needs the extra train",
        "distill": 'needs pip install -e ".[train]"',
    }


def test_extras_of_recipes_are_extras_of_the_package():
    setup = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    named = {extra for recipe in RECIPES.values() for extra in (*recipe.needs, *recipe.options.values())}
    assert named
    assert all(f"\n{extra} =\n" in setup for extra in named)


def test_a_package_that_is_not_installed_is_no_error(monkeypatch, tmp_path):
    monkeypatch.setattr(requirements, "PACKAGE", "not_on_this_machine")
    found = diagnose([tmp_path / "there" / "not"], RECIPES.values())
    assert found.core_works
    assert "Recipes" not in found.sections
    assert "GB free" in dict(found.sections["Disk"])["not"]


def test_what_goes_wrong_on_the_way_is_said_and_not_raised():
    found = diagnose([None])
    assert found.core_works
    (row,) = found.sections["Disk"]
    assert row[0] == "not found out"
    assert "AttributeError" in row[1]


def test_the_active_backend_is_that_of_the_environment_then_of_kerass_file(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert active_backend() == ("torch", "KERAS_BACKEND")
    monkeypatch.delenv("KERAS_BACKEND")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert active_backend() == ("tensorflow", "the default")
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    assert active_backend() == ("jax", str(tmp_path / "keras.json"))


def test_without_a_home_that_can_be_written_keras_file_is_that_of_tmp(monkeypatch, tmp_path):
    """Keras's own rule; what stands in the file of a home that it does not use decides nothing."""
    for name in ("KERAS_BACKEND", "KERAS_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text('{"backend": "torch"}')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(backends, "ELSEWHERE", str(tmp_path / "tmp"))
    assert active_backend()[0] == "torch"
    monkeypatch.setattr(backends.os, "access", lambda *_: False)  # for root may write everywhere
    assert active_backend() == ("tensorflow", "the default")
    (tmp_path / "tmp" / ".keras").mkdir(parents=True)
    (tmp_path / "tmp" / ".keras" / "keras.json").write_text('{"backend": "jax"}')
    assert active_backend() == ("jax", str(tmp_path / "tmp" / ".keras" / "keras.json"))


def test_a_recipe_table_that_happens_to_lie_beside_the_package_is_not_run(monkeypatch, tmp_path):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "registry.py").write_text("raise SystemExit('somebody else')")
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = another\n")
    assert {recipe.name for recipe in command_line.recipes(ROOT)} == set(RECIPES)
    assert command_line.recipes(tmp_path) == []

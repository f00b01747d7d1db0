"""The recipes as a user starts them, and their own modules for tests of a part."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..runtime.conftest import flatbuffers, model, runner  # noqa: F401  fixtures

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def started():
    """started(name, *options, **environment) → the finished process, its output as bytes."""

    def started(name, *options, **environment):
        command = [sys.executable, str(ROOT / "recipes" / f"{name}.py"), *map(str, options)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        return subprocess.run(command, capture_output=True, env=environment)

    return started


@pytest.fixture
def recipe_module(monkeypatch):
    """recipe_module(name) → a module of `recipes`, which is a folder of scripts and no package."""
    monkeypatch.syspath_prepend(str(ROOT / "recipes"))
    names = {path.stem for path in (ROOT / "recipes").glob("*.py")}
    before = {name: module for name, module in sys.modules.items() if name in names}
    yield importlib.import_module
    for name in names:
        sys.modules.pop(name, None)
    sys.modules.update(before)

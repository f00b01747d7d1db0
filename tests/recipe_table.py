"""The table of recipes, `recipes/registry.py`, for the tests that run each of them: `recipes` is no package."""

import importlib.util
import re
import sys
from pathlib import Path

_SPEC = importlib.util.spec_from_file_location(
    "recipe_registry", Path(__file__).resolve().parents[1] / "recipes" / "registry.py"
)
_MODULE = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = _MODULE  # where dataclasses look for the annotations of their fields
_SPEC.loader.exec_module(_MODULE)
RECIPES = _MODULE.RECIPES
BAR = r" *[\w ]+: +\d+%\|"  # of tqdm


def check_what_it_leaves(name, folder, result):
    """A finished recipe left its files in the folder and complained of nothing on its console."""
    for file in RECIPES[name].leaves:
        found = list(folder.glob(file))
        assert found, f"{file}\n{result.stdout}"
        assert all(path.stat().st_size for path in found), file
    notes = [line for line in re.split(r"[\r\n]+", result.stderr) if line and not re.match(BAR, line)]
    assert not notes, "only ours, and no traceback"

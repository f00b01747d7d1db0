"""The table of recipes, `recipes/registry.py`, for the tests that run each of them: `recipes` is no package."""

import importlib.util
import sys
from pathlib import Path

_SPEC = importlib.util.spec_from_file_location(
    "recipe_registry", Path(__file__).resolve().parents[1] / "recipes" / "registry.py"
)
_MODULE = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = _MODULE  # where dataclasses look for the annotations of their fields
_SPEC.loader.exec_module(_MODULE)
RECIPES = _MODULE.RECIPES

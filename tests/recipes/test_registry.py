"""The table of recipes is whole: scripts, docstrings, help and documents say the same."""

import ast
from pathlib import Path

import pytest

import stressid_keras

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture
def table(recipe_module):
    return recipe_module("registry").RECIPES


def test_no_script_is_missing_and_none_is_invented(table):
    scripts = {path.stem for path in RECIPES.glob("*.py") if "__main__" in path.read_text(encoding="utf-8")}
    assert scripts == set(table)
    assert all(recipe.name == name for name, recipe in table.items())


def test_every_docstring_shows_the_example(table):
    for name, recipe in table.items():
        docstring = ast.get_docstring(ast.parse((RECIPES / f"{name}.py").read_text(encoding="utf-8")))
        assert recipe.example in docstring, name


def test_help_names_the_other_recipes(started, table):
    said = started("prepare", "--help").stdout.decode()
    (line,) = (line for line in said.splitlines() if line.startswith("other recipes: "))
    assert line.removeprefix("other recipes: ").split(", ") == [
        f"{name}.py" for name in table if name != "prepare"
    ]


def test_every_recipe_tells_the_version(recipe_module, capsys):
    with pytest.raises(SystemExit) as ended:
        recipe_module("options").Parser("").parse_args(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.endswith(f" of stressid_keras {stressid_keras.__version__}\n")

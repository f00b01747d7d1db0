"""What the package exports: annotated, importable first, and of one version everywhere."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

import stressid_keras

ROOT = Path(__file__).resolve().parents[1]
# In a process where nothing is imported yet: whichever name comes first must not depend on what was imported before it.
INSPECT = """
import inspect, sys, typing
import stressid_keras

def functions(thing):
    if not inspect.isclass(thing):
        return [thing]
    members = [m.__func__ if isinstance(m, classmethod | staticmethod) else m for m in vars(thing).values()]
    members += [member.fget for member in members if isinstance(member, property)]
    return [m for m in members if inspect.isfunction(m) and (m.__name__ == "__init__" or m.__name__[0] != "_")]

for name in sys.argv[1:]:
    for function in functions(getattr(stressid_keras, name)):
        signature, hints = inspect.signature(function), typing.get_type_hints(function)
        wanted = [name for name in signature.parameters if name not in ("self", "cls")]
        wanted += ["return"] if function.__name__ != "__init__" else []
        for missing in set(wanted) - set(hints):
            print(f"{function.__module__}.{function.__qualname__}: {missing}")
"""


def inspected(*names):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", INSPECT, *names]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_every_parameter_and_result_of_the_public_api_is_annotated():
    names = sorted(stressid_keras.__all__, key=lambda name: name != "LogMel")
    found = inspected(*names)
    assert found.returncode == 0, found.stderr
    assert found.stdout == ""


def test_type_checkers_see_what_the_package_exports():
    tree = ast.parse((ROOT / "stressid_keras" / "__init__.pyi").read_text())
    seen = {
        alias.asname: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }
    assert seen == stressid_keras._PUBLIC
    assert (ROOT / "stressid_keras" / "py.typed").is_file()


def test_the_version_is_one():
    setup, page = ((ROOT / name).read_text(encoding="utf-8") for name in ("setup.cfg", "web/package.json"))
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    latest, date = re.search(r"^## \[(\d[\d.]*)\] - (\d{4}-\d\d-\d\d)$", changes, re.MULTILINE).groups()
    assert "\nversion = attr: stressid_keras.__version__\n" in setup
    assert latest == citation["version"] == json.loads(page)["version"] == stressid_keras.__version__
    assert citation["date-released"] == date


def test_the_citation_has_what_its_format_asks_for():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    for work in (citation, *citation["references"]):
        assert work["title"]
        assert work["type"] in ("software", "conference-paper")
        assert all("name" in author or "family-names" in author for author in work["authors"])
    assert citation["message"]


def test_the_changelog_keeps_its_format():
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    kinds = {line for line in lines if line.startswith("### ")}
    assert kinds <= {
        f"### {kind}" for kind in ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
    }
    assert next(line for line in lines if line.startswith("## ")) == "## [Unreleased]"

"""The script that makes the tables again knows all of them, by the commands that stand there."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from stressid_keras import __version__

from .pages import ROOT, blocks, sections

SCRIPT = ROOT / "benchmarks" / "reproduce.py"
LEFT_OUT = {"Data"}  # no figures
MINUTES = 60  # at most, on two cores


def reproduce(*options, cwd=ROOT):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    made = subprocess.run(
        [sys.executable, SCRIPT, *options],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60 * MINUTES,
    )
    assert made.returncode == 0, made.stderr[-3000:]
    return made.stdout


def test_every_table_is_made_by_the_command_beside_it(tmp_path):
    listed = reproduce("--list", "--speech", "own", "--output-dir", "out", cwd=tmp_path)
    assert f"--data-dir {tmp_path / 'own'} --prepared-dir {tmp_path / 'out'}" in listed
    made = {}
    for table, command in re.findall(r"^[\w-]+, (.+):\n  python (.+)$", listed, re.MULTILINE):
        words = shlex.split(command)
        made.setdefault(table, set()).update({words[0], *words})
        assert (ROOT / words[0]).is_file()
    shown = {**sections("docs/results.md"), **sections("docs/speed.md")}
    assert made.keys() == shown.keys() - LEFT_OUT
    for table, words in made.items():
        (said,) = re.findall(r"\*\*Command\*\*: ((?:.+\n)(?:  .+\n)*)", shown[table])
        for command in re.findall(r"`python ([^`]+)`", said):
            for word in set(command.split()) - {"TREE"}:
                assert word in words, f"{table}: {word} of {command}"


def test_tiny_a_command_is_left_out_if_it_is_the_same_again_but_not_for_a_tree_of_ones_own(tmp_path):
    listed = reproduce("--list", "--smoke", "--speech", "own", "--output-dir", "out", cwd=tmp_path)
    for name, begun in (
        ("sample", 3),
        ("52-people", 0),
        ("126-people", 0),
        ("speech", 4),
        ("speech-again", 2),
    ):
        assert len(re.findall(rf"^{name}, ", listed, re.MULTILINE)) == begun, name
    assert listed.count("the same command again") == 4


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The options of the line with `--smoke` on the page, and what it printed: every command was run, tiny."""
    (line,) = (line for line in blocks("docs/reproduce.md", "reproduce")[0].splitlines() if "--smoke" in line)
    _, script, *options = shlex.split(line, comments=True)
    assert Path(script).name == SCRIPT.name
    folder = tmp_path_factory.mktemp("reproduced")
    options += ["--output-dir", folder]
    return folder / "smoke", options, reproduce(*options)


@pytest.mark.timeout(60 * MINUTES)
def test_all_of_it_runs_tiny(tiny):
    folder, _, printed = tiny
    seconds = json.loads((folder / "steps.json").read_text())
    assert len(seconds) == printed.count("what it printed:") == 7
    assert min(seconds.values()) > 0
    assert all(key.startswith(f"stressid_keras {__version__}") for key in seconds)
    if (ROOT / ".git").exists():
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
        assert all(commit.strip() in key for key in seconds)
    assert (folder / "sample" / "comparison" / "comparison.csv").is_file()
    assert (folder / "sample" / "cross_validation" / "report.html").is_file()
    assert (
        "statistics minus speech encoder, logistic regression"
        in (folder / "sample" / "3-students.txt").read_text()
    )


def test_what_is_finished_is_printed_again(tiny):
    _, options, printed = tiny
    (line,) = re.findall(r"^ratio of the last to the first, process: .+\n", printed, re.MULTILINE)
    again = reproduce(*options)
    assert again.count("is finished; it took") == 7
    assert line in again  # as it was measured then

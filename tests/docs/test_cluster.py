"""The job script of the documentation runs as it stands, with a stand-in for SLURM's srun."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRUN = """#!/bin/bash
for task in 1 2; do "$@" & done
wait
"""


@pytest.fixture
def job(tmp_path):
    """The script, and the words and variables that run it here."""
    pytest.importorskip("distributed", reason="distributed is not installed")
    text = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"<!-- slurm -->\n```bash\n(.*?)```\n<!-- end -->", text, re.DOTALL)
    (tmp_path / "job.sh").write_text(script)
    programs = tmp_path / "environment" / "bin"
    programs.mkdir(parents=True)
    (programs / "activate").write_text(f'export PATH="{programs}:{Path(sys.executable).parent}:$PATH"\n')
    (programs / "srun").write_text(SRUN)
    (programs / "hostname").write_text("#!/bin/sh\necho 127.0.0.1\n")
    for name in ("srun", "hostname"):
        (programs / name).chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {"ENVIRONMENT": str(tmp_path / "environment"), "PORT": str(port), "PYTHONPATH": str(ROOT)}
    return ["bash", str(tmp_path / "job.sh")], {**os.environ, **given}


def test_the_job_script_works_as_it_stands(job, tiny_tree, tmp_path):
    words, environment = job
    # A recipe that is over soon; which one it is decides nothing about the script.
    given = {"DATA": str(tiny_tree), "RESULTS": str(tmp_path / "results"), "RECIPE": "prepare.py"}
    done = subprocess.run(
        words, env=environment | given, cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "18 complete windows of 18 recordings and 6 subjects" in done.stdout
    assert (tmp_path / "results" / "prepared" / "prepare.json").is_file()


def test_it_does_not_begin_without_data(job):
    words, environment = job
    environment.pop("DATA", None)
    done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert "a StressID tree" in done.stderr
    assert "distributed" not in done.stderr  # nothing was begun that would be left behind

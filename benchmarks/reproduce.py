"""Make every table of docs/results.md and docs/speed.md again that can be had without recordings of people.

python benchmarks/reproduce.py --output-dir saved_models/reproduced
python benchmarks/reproduce.py --smoke --only sample        # everything tiny: shows that it runs, not what it gives
python benchmarks/reproduce.py --speech TREE                # the columns of a tree of acted speech, too
python benchmarks/reproduce.py --list                       # the commands alone

What is finished is kept, and what it printed is shown again; a command is finished for one version and commit of the
package. What each printed stands in a .txt of the output folder, its seconds in steps.json.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from stressid_keras import __version__
from stressid_keras.dataset import SyntheticConfig, make_synthetic_tree

ROOT = Path(__file__).resolve().parents[1]
METHODS = (
    "generalised+forest+chosen-share",
    "generalised+forest+chosen-share+permuted",
    "generalised+born-again",
    "mars",
    "generalised",
    "measures",
)
UNSURE = {"tasks": 3, "arousal_noise": 0.6, "audio_noise": 0.15}  # labels as unreliable as a self-report
TREES = {
    "sample": SyntheticConfig(),
    "52-people": SyntheticConfig(subjects=52, seconds=10, seed=5, **UNSURE),
    "126-people": SyntheticConfig(subjects=126, seconds=8, seed=21, **UNSURE),
}
TINY_TREE = SyntheticConfig(subjects=6, tasks=3, seconds=4.0)
SPEECH = "speech"  # given by `--speech`
SCORES, HEARS, COSTS = (
    "Does the distillation help?",
    "What it hears",
    "What a student knows, bears and costs",
)


@dataclass(frozen=True)
class Step:
    """A command that makes a table, or columns of it.

    Attributes:
        table: the heading in docs/results.md or docs/speed.md.
        command: from the root of the repository; `TREE`, `PREPARED` and `OUT` are folders: data, its windows, results.
        tiny: what `--smoke` adds.
        tree: the data set, or "" where the command makes its own.
        smoke: whether it can be made tiny.
    """

    table: str
    command: str
    tiny: str = ""
    tree: str = ""
    smoke: bool = True


def scores(tree: str, seed: int = 0) -> tuple[Step, Step]:
    """Teacher and baselines, and the methods on the same folds, which share teachers and controls."""
    folders = "--data-dir TREE --prepared-dir PREPARED --output-dir OUT"
    protocol = f"--folds 4 --repeats 3 --epochs 30 --seed {seed} --jobs 2"
    tiny = "--smoke --epochs 1 --folds 3 --repeats 1"
    return (
        Step(SCORES, f"recipes/evaluate.py {folders} {protocol} --no-audit", tiny, tree),
        Step(
            SCORES,
            f"recipes/compare.py {folders} {protocol} --methods {' '.join(METHODS)}",
            f"{tiny} --methods mars",
            tree,
        ),
    )


def students(tree: str, modality: str) -> Step:
    command = f"{STUDENTS} --teacher-modalities {modality} --backbones speech statistics cnn"
    return Step(HEARS, command, f"{ONE_BACKBONE} --repeats 1", tree)


STUDENTS = "benchmarks/students.py --data-dir TREE"
ONE_BACKBONE = "--backbones statistics --folds 3 --epochs 1"
ALL_FOUR = "--repeats 1 --properties --backbones speech statistics cnn separable"
STEPS = {
    "sample": (*scores("sample"), students("sample", "eda")),
    "52-people": scores("52-people"),
    "126-people": scores("126-people"),
    "speech": (
        *scores(SPEECH),
        students(SPEECH, "video"),
        Step(COSTS, f"{STUDENTS} --teacher-modalities video {ALL_FOUR}", ONE_BACKBONE, SPEECH),
    ),
    "speech-again": scores(SPEECH, seed=10),
    "preparation": (Step("Preparation", "benchmarks/preprocessing.py", smoke=False),),  # clips of 720p
    "two-processes": (Step("Many recordings", "benchmarks/parallel.py --repeats 1", "--recordings 2"),),
    "memory": (Step("Many recordings", "benchmarks/memory.py", "--recordings 1 2"),),
    "training-steps": (
        Step(
            "Training steps", "benchmarks/training.py --repeats 5", "--repeats 1 --only stored_vs_live_small"
        ),
    ),
    "on-device": (Step("On a device's one thread", "benchmarks/on_device.py", "--repeats 1"),),
}


def main():
    arguments = parser().parse_args()
    done = set()  # commands and whose tree they take: tiny, all invented trees are the same one
    for name in arguments.only or STEPS:
        for number, step in enumerate(STEPS[name], start=1):
            same = step.command, step.tree == SPEECH
            if step.tree == SPEECH and not arguments.speech:
                print(f"{name}: left out, for it needs a tree of speech: --speech TREE")
            elif arguments.smoke and not step.smoke:
                print(f"{name}: left out, for it cannot be made tiny: {step.command}")
            elif arguments.smoke and same in done:
                print(f"{name}: left out, for tiny it is the same command again: {step.command}")
            else:
                run(name, number, step, arguments)
                done.add(same)


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--only", nargs="+", choices=STEPS, metavar="NAME", help=", ".join(STEPS))
    found.add_argument("--speech", type=resolved, metavar="TREE", help="as --data-dir of the recipes")
    found.add_argument("--output-dir", type=resolved, default=ROOT / "saved_models" / "reproduced")
    found.add_argument("--smoke", action="store_true", help="everything tiny")
    found.add_argument("--list", action="store_true", help="show the commands and run none")
    return found


def resolved(text: str) -> Path:
    return Path(text).resolve()  # for the commands run in the root of the repository


def run(name: str, number: int, step: Step, arguments: argparse.Namespace) -> None:
    """Run one command, unless it is finished; note what it printed and how long it took."""
    folder = arguments.output_dir / ("smoke" if arguments.smoke else "whole")
    tree = arguments.speech if step.tree == SPEECH else folder / "trees" / step.tree
    places = {"TREE": tree, "PREPARED": folder / "prepared" / step.tree, "OUT": folder / name}
    words = [str(places.get(word, word)) for word in shlex.split(step.command)]
    words += shlex.split(step.tiny) if arguments.smoke else []
    print(f"{name}, {step.table}:\n  python {shlex.join(words)}", flush=True)
    if arguments.list:
        return
    record, key = folder / "steps.json", f"{code()}: {shlex.join(words)}"
    printed = folder / name / f"{number}-{Path(words[0]).stem}.txt"
    seconds = json.loads(record.read_text()) if record.is_file() else {}
    if key in seconds and printed.is_file():
        write(printed.read_bytes())
        print(f"  is finished; it took {seconds[key]:.0f} s", flush=True)
        return
    if step.tree and step.tree != SPEECH:
        make_synthetic_tree(tree, TINY_TREE if arguments.smoke else TREES[step.tree])
    printed.parent.mkdir(parents=True, exist_ok=True)
    begun = time.perf_counter()
    run_and_keep(words, printed)
    seconds[key] = round(time.perf_counter() - begun, 1)
    record.write_text(json.dumps(seconds, indent=1) + "\n")
    print(f"  {seconds[key]:.0f} s; what it printed: {printed}", flush=True)


def code() -> str:
    """The version of the package and, in a clone, the commit, with "-dirty" if git sees changes that it has not."""
    version = f"stressid_keras {__version__}"
    if not (ROOT / ".git").exists():  # else git would tell of a repository around this folder
        return version
    described = ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"]
    try:
        commit = subprocess.run(
            described, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):  # no git, or a clone that it takes for another user's
        return version
    return f"{version}, commit {commit}"


def run_and_keep(words: list[str], printed: Path) -> None:
    """Run a command of the repository; what it prints goes on to the screen, line by line, and into a file."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, *words]
    with (
        open(printed, "wb") as file,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process,
    ):
        for line in process.stdout:
            file.write(line)
            write(line)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def write(text: bytes) -> None:
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

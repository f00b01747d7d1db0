"""Make every table of docs/results.md and docs/speed.md again that can be had without recordings of people.

python benchmarks/reproduce.py --output-dir saved_models/reproduced
python benchmarks/reproduce.py --smoke --only sample        # everything tiny: shows that it runs, not what it gives
python benchmarks/reproduce.py --speech TREE                # the columns of a tree of acted speech, too
python benchmarks/reproduce.py --list                       # the commands alone

What is finished is kept: run again, it goes on. Each step's seconds stand in steps.json of the output folder.
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
    for name in arguments.only or STEPS:
        for step in STEPS[name]:
            if step.tree == SPEECH and not arguments.speech:
                print(f"{name}: left out, for it needs a tree of speech: --speech TREE")
            elif arguments.smoke and not step.smoke:
                print(f"{name}: left out, for it cannot be made tiny: {step.command}")
            else:
                run(name, step, arguments)


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--only", nargs="+", choices=STEPS, metavar="NAME", help=", ".join(STEPS))
    found.add_argument("--speech", type=Path, metavar="TREE", help="as --data-dir of the recipes")
    found.add_argument("--output-dir", type=Path, default=ROOT / "saved_models" / "reproduced")
    found.add_argument("--smoke", action="store_true", help="everything tiny")
    found.add_argument("--list", action="store_true", help="show the commands and run none")
    return found


def run(name: str, step: Step, arguments: argparse.Namespace) -> None:
    """Run one command, unless it is finished, and note how long it took."""
    folder = arguments.output_dir / ("smoke" if arguments.smoke else "whole")
    tree = arguments.speech if step.tree == SPEECH else folder / "trees" / step.tree
    places = {"TREE": tree, "PREPARED": folder / "prepared" / step.tree, "OUT": folder / name}
    words = [str(places.get(word, word)) for word in shlex.split(step.command)]
    words += shlex.split(step.tiny) if arguments.smoke else []
    print(f"{name}, {step.table}:\n  python {shlex.join(words)}", flush=True)
    record = folder / "steps.json"
    seconds = json.loads(record.read_text()) if record.is_file() else {}
    if arguments.list:
        return
    if shlex.join(words) in seconds:
        print(f"  is finished; it took {seconds[shlex.join(words)]:.0f} s")
        return
    if step.tree and step.tree != SPEECH:
        make_synthetic_tree(tree, TINY_TREE if arguments.smoke else TREES[step.tree])
    begun = time.perf_counter()
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    subprocess.run([sys.executable, *words], cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, check=True)
    seconds[shlex.join(words)] = round(time.perf_counter() - begun, 1)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(seconds, indent=1) + "\n")
    print(f"  {seconds[shlex.join(words)]:.0f} s", flush=True)


if __name__ == "__main__":
    main()

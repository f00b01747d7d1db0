"""Time and peak memory of every stage for more and more recordings, and how far from proportional they are.

python benchmarks/scaling.py
python benchmarks/scaling.py --recordings 200 2000 --json scaling.json
"""

import argparse
import dataclasses
import json
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from memory import multiply

from stressid_keras.config import RunConfig, TrainingConfig
from stressid_keras.dataset import SyntheticConfig, make_synthetic_tree
from stressid_keras.system.processes import in_own_process
from stressid_keras.workflow import Run
from stressid_keras.workflow.analysis import classify_baselines, predict
from stressid_keras.workflow.data import (
    compute_baseline_features,
    encode_speech,
    measure_windows,
    prepare,
    read_index,
    split_people,
)
from stressid_keras.workflow.evaluation_stage import evaluate
from stressid_keras.workflow.student_stages import distil_student, train_control
from stressid_keras.workflow.teacher_stages import train_teacher

# In the order of a run: each finds what those before it left. One epoch each.
STAGES = {
    "index": read_index,
    "prepare": prepare,
    "split": split_people,
    "speech encoder": encode_speech,
    "measures": measure_windows,
    "teacher, one epoch": train_teacher,
    "control, one epoch": train_control,
    "student, one epoch": distil_student,
    "baseline features": compute_baseline_features,
    "predictions": predict,
    "baselines": classify_baselines,
    "report": evaluate,
}


def main():
    arguments = parse()
    found = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        small = SyntheticConfig(subjects=6, tasks=6, seconds=arguments.seconds)
        original = make_synthetic_tree(folder / "original", small)
        for count in arguments.recordings:
            tree = multiply(original, folder / f"tree{count}", count)
            found[count] = measure_all(tree, folder / f"run{count}", arguments.jobs)
    show(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recordings", type=int, nargs="+", default=[200, 600, 2000], help="[200 600 2000]")
    parser.add_argument("--jobs", type=int, default=2, help="processes of the preparation [2]")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of a recording [10]")
    parser.add_argument("--json", type=Path, help="where the numbers go")
    return parser.parse_args()


def measure_all(tree: Path, folder: Path, jobs: int) -> dict[str, dict[str, float]]:
    from scaling import measure as importable  # not of __main__, which another process does not have

    once = TrainingConfig(epochs=1)
    config = dataclasses.replace(RunConfig(), teacher_training=once, student_training=once)
    run = Run(tree, folder / "prepared", folder / "run", config, jobs)
    found = {}
    for name in STAGES:
        found[name] = in_own_process(importable, name, run.context)
        shown = ", ".join(f"{key} {value:.1f}" for key, value in found[name].items())
        print(f"{tree.name} {name}: {shown}", flush=True)
    return found


def measure(name: str, context) -> dict[str, float]:
    """Seconds and peak memory (MiB, of the process and of its largest child) of one stage, in this process."""
    import keras  # noqa: F401  that it is loaded is no stage's own time

    if name == "prepare":
        read_index(context)
    elif name != "index":
        prepare(context)
    start = time.perf_counter()
    STAGES[name](context)
    seconds = time.perf_counter() - start
    peaks = [
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    return {"seconds": seconds, "MiB": peaks[0], "child's MiB": peaks[1]}


def show(found: dict[int, dict]) -> None:
    """A line of least squares through the times of all sizes, its error at the largest, and the ratio of the memory."""
    counts = np.array(list(found), float)
    print(
        f"\n{'stage':22}{'s at the largest':>18}{'ms a recording':>16}{'s besides':>11}{'error':>8}{'memory':>8}"
    )
    for name in STAGES:
        seconds = np.array([found[int(count)][name]["seconds"] for count in counts])
        slope, constant = np.polyfit(counts, seconds, 1) if len(counts) > 1 else (seconds[0] / counts[0], 0.0)
        error = (slope * counts[-1] + constant) / seconds[-1] - 1
        memory = found[int(counts[-1])][name]["MiB"] / found[int(counts[0])][name]["MiB"]
        print(f"{name:22}{seconds[-1]:18.1f}{1000 * slope:16.1f}{constant:11.1f}{error:8.0%}{memory:8.2f}")


if __name__ == "__main__":
    main()

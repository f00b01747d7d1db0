"""Time and peak memory of every stage for more and more recordings, and how far from proportional they are.

python benchmarks/scaling.py
python benchmarks/scaling.py --json scaling.json --picture scaling.png
python benchmarks/scaling.py --recordings 200 2000 --stages report --folder kept  # once more, of what is there
"""

import argparse
import contextlib
import dataclasses
import json
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

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

TASKS = 6  # of each person
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
    with contextlib.ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # People of their own: copies of a few would be found to be one person under many names.
        people = -(-max(arguments.recordings) // TASKS)
        whole = SyntheticConfig(subjects=people, tasks=TASKS, seconds=arguments.seconds)
        original = make_synthetic_tree(folder / "original", whole, jobs=arguments.jobs)
        for count in arguments.recordings:
            tree = folder / f"tree{count}"
            if not tree.exists():
                first_of(original, tree, count)
            found[count] = measure_all(tree, folder / f"run{count}", arguments)
    show(found)
    if arguments.picture:
        draw(found, arguments.picture)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recordings", type=int, nargs="+", default=[200, 600, 2000], help="[200 600 2000]")
    parser.add_argument("--jobs", type=int, default=2, help="processes of the preparation [2]")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of a recording [10]")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES), help="of them [all]")
    parser.add_argument("--folder", type=Path, help="where trees and runs stay [a temporary one]")
    parser.add_argument("--picture", type=Path, help="where a log-log plot goes")
    parser.add_argument("--json", type=Path, help="where the numbers go")
    return parser.parse_args()


def first_of(original: Path, root: Path, recordings: int) -> Path:
    """A tree of so many recordings of a larger one, whose files are links to its own."""
    header, *rows = (original / "labels.csv").read_text().splitlines()
    for row in rows[:recordings]:
        name = row.partition(",")[0]
        for file in original.glob(f"*/{name.partition('_')[0]}/{name}*"):
            link = root / file.relative_to(original)
            link.parent.mkdir(parents=True, exist_ok=True)
            os.link(file, link)
    (root / "labels.csv").write_text("\n".join([header, *rows[:recordings]]) + "\n")
    return root


def measure_all(tree: Path, folder: Path, arguments) -> dict[str, dict[str, float]]:
    from scaling import measure as importable  # not of __main__, which another process does not have

    once = TrainingConfig(epochs=1)
    config = dataclasses.replace(RunConfig(), teacher_training=once, student_training=once)
    run = Run(tree, folder / "prepared", folder / "run", config, arguments.jobs)
    found = {}
    for name in arguments.stages:
        found[name] = in_own_process(importable, name, run.context)
        shown = ", ".join(f"{key} {value:.1f}" for key, value in found[name].items())
        print(f"{tree.name} {name}: {shown}", flush=True)
    return found


def measure(name: str, context) -> dict[str, float]:
    """Seconds on the clock, seconds of processors (children's, too), and peak memory (MiB) of one stage here."""
    import keras  # noqa: F401  that it is loaded is no stage's own time

    if name == "prepare":
        read_index(context)
    elif name != "index":
        prepare(context)
    start, used = time.perf_counter(), processor_seconds()
    STAGES[name](context)
    return {
        "seconds": time.perf_counter() - start,
        "processor seconds": processor_seconds() - used,
        "MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def processor_seconds() -> float:
    """Of this process and all that it has begun, also those that have ended: the clock alone would count the wait for
    cores that others use."""
    ticks, parents = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)] = int(after_name[1])
            ticks[int(folder.name)] = sum(map(int, after_name[11:15]))
    own = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in own} - own:
        own |= more
    return sum(ticks.get(process, 0) for process in own) / os.sysconf("SC_CLK_TCK")


def show(found: dict[int, dict]) -> None:
    """Of the largest: seconds, memory and its ratio to the smallest's; and how far a line through the smaller sizes'
    processor seconds is from what the largest took."""
    counts = np.array(list(found), float)
    print(
        f"\n{'stage':22}{'s':>8}{'processor s':>13}{'ms a recording':>16}{'predicted':>11}{'MiB':>7}{'ratio':>7}"
    )
    for name in found[int(counts[0])]:
        values = {
            key: np.array([found[int(n)][name][key] for n in counts]) for key in found[int(counts[0])][name]
        }
        slope, constant = model_line(counts, values["processor seconds"])
        measured = values["processor seconds"][-1]
        error = (slope * counts[-1] + constant) / measured - 1 if measured else 0.0
        memory = values["MiB"][-1] / values["MiB"][0]
        print(
            f"{name:22}{values['seconds'][-1]:8.1f}{values['processor seconds'][-1]:13.1f}{1000 * slope:16.1f}"
            f"{error:11.0%}{values['MiB'][-1]:7.0f}{memory:7.2f}"
        )


def model_line(counts: np.ndarray, seconds: np.ndarray) -> tuple[float, float]:
    """Seconds a recording and seconds besides, by all sizes but the largest, which the line is to predict."""
    known = slice(None, -1) if len(counts) > 2 else slice(None)
    if len(counts) == 1:
        return seconds[0] / counts[0], 0.0
    return tuple(np.polyfit(counts[known], seconds[known], 1))


def draw(found: dict[int, dict], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    counts = np.array(list(found), float)
    figure, (time_axis, memory_axis) = pyplot.subplots(1, 2, figsize=(11, 5), layout="constrained")
    markers = "osD^v<>ph*XP"
    for number, name in enumerate(found[int(counts[0])]):
        seconds = np.array([found[int(n)][name]["processor seconds"] for n in counts])
        (drawn,) = time_axis.loglog(
            counts, np.maximum(seconds, 0.01), markers[number % len(markers)], label=name
        )
        slope, constant = model_line(counts, seconds)
        if slope > 0:  # one that asks more often where there are few windows has no line
            line = np.geomspace(counts[0], counts[-1], 50)
            time_axis.loglog(line, np.maximum(slope * line + constant, 0.01), color=drawn.get_color())
        memory = [found[int(n)][name]["MiB"] for n in counts]
        memory_axis.semilogx(counts, memory, f"{markers[number % len(markers)]}-", color=drawn.get_color())
    time_axis.set(xlabel="recordings", ylabel="processor seconds; lines: by all but the largest")
    memory_axis.set(xlabel="recordings", ylabel="peak memory, MiB", ylim=(0, None))
    for axis in (time_axis, memory_axis):
        axis.set_xticks(counts, [f"{n:.0f}" for n in counts])
        axis.minorticks_off()
    figure.legend(*time_axis.get_legend_handles_labels(), loc="outside right center", fontsize="small")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()

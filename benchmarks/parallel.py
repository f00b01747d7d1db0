"""Preparing recordings of 60 s with 720p video in one process and in two, in turns, with equal bytes.

python benchmarks/parallel.py [--recordings N] [--repeats N] [--json FILE]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from clips import write_clip, write_group
from memory import multiply

from stressid_keras.dataset import SyntheticConfig, make_synthetic_tree
from stressid_keras.provenance import file_fingerprint, write_json

# In a process of its own, as a user's would be: the clock includes the start of the workers.
MEASURED = """
import json, resource, sys, time
import cv2
cv2.setNumThreads(1)
from stressid_keras.config import DatasetConfig, PreparationConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.preprocessing import prepare_dataset
tree, folder, jobs = sys.argv[1:]
index = index_dataset(tree, DatasetConfig())
start = time.perf_counter()
prepare_dataset(index, folder, PreparationConfig(), int(jobs))
print(json.dumps(time.perf_counter() - start))
"""
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tree = make_tree(folder, arguments.recordings)
        seconds = {1: [], 2: []}
        for turn in range(arguments.repeats):
            for jobs, times in seconds.items():
                times.append(measure(tree, folder / f"{turn}-{jobs}", jobs))
                print(f"turn {turn}, {jobs} processes: {times[-1]:.1f} s", flush=True)
            assert content(folder / f"{turn}-1") == content(folder / f"{turn}-2"), "the stores differ"
        one, two = (statistics.median(times) for times in seconds.values())
    print(
        f"{arguments.recordings} recordings: {one:.1f} s and {two:.1f} s, {one / two:.2f} x; stores identical"
    )
    if arguments.json:
        write_json(arguments.json, {"two_processes": round(one / two, 3)})


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recordings", type=int, default=100, help="[100]")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each side [3]")
    parser.add_argument("--json", type=Path, help="write the ratio here")
    return parser.parse_args()


def make_tree(folder: Path, recordings: int) -> Path:
    """Links to four recordings of a minute, their videos replaced by 720p ones."""
    small = make_synthetic_tree(folder / "small", SyntheticConfig(subjects=2, tasks=2, seconds=60.0))
    group = write_group(folder / "group.mp4")
    for video in small.glob("Videos/*/*.mp4"):
        video.unlink()
        write_clip(video, 60, group, fps=15)
    return multiply(small, folder / "tree", recordings)


def measure(tree: Path, prepared: Path, jobs: int) -> float:
    command = [sys.executable, "-c", MEASURED, str(tree), str(prepared), str(jobs)]
    environment = {**os.environ, **ONE_THREAD}
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return json.loads(finished.stdout)


def content(prepared: Path) -> dict[str, str]:
    files = [prepared / "manifest.csv", *sorted(prepared.glob("arrays/*"))]
    return {file.name: file_fingerprint(file) for file in files}


if __name__ == "__main__":
    main()

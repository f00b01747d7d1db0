"""Peak memory of preparing 100 and 1,000 small recordings, and their ratio, which is to stay near 1.

python benchmarks/memory.py
python benchmarks/memory.py --jobs 2 --recordings 100 1000
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from stressid_keras.dataset import SyntheticConfig, make_synthetic_tree

# In a process of its own, for a process never forgets its peak. ru_maxrss is in KiB on Linux.
MEASURED = """
import json, resource, sys
from joblib.externals.loky import get_reusable_executor
from stressid_keras.config import DatasetConfig, PreparationConfig
from stressid_keras.dataset import index_dataset
from stressid_keras.preprocessing import prepare_dataset
tree, folder, jobs = sys.argv[1:]
store = prepare_dataset(index_dataset(tree, DatasetConfig()), folder, PreparationConfig(), int(jobs))
if int(jobs) > 1:
    get_reusable_executor().shutdown(wait=True)
peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps({"windows": len(store), "process": peaks[0] / 1024, "largest worker": peaks[1] / 1024}))
"""


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        small = SyntheticConfig(subjects=2, tasks=2, seconds=arguments.seconds)
        original = make_synthetic_tree(folder / "original", small)
        peaks = []
        for recordings in arguments.recordings:
            tree = multiply(original, folder / f"tree{recordings}", recordings)
            peaks.append(measure(tree, folder / f"prepared{recordings}", arguments.jobs))
            shown = ", ".join(f"{name} {value:.0f}" for name, value in peaks[-1].items())
            print(f"{recordings} recordings, {arguments.jobs} jobs, peak RSS in MiB: {shown}", flush=True)
    for name in ("process", "largest worker"):
        if arguments.jobs > 1 or name == "process":
            print(f"ratio of the last to the first, {name}: {peaks[-1][name] / peaks[0][name]:.3f}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recordings", type=int, nargs="+", default=[100, 1000], help="[100 1000]")
    parser.add_argument("--jobs", type=int, default=1, help="processes [1]")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a recording [4]")
    return parser.parse_args()


def multiply(original: Path, root: Path, recordings: int) -> Path:
    """A tree of that many recordings, whose files are links to those of a small one."""
    header, *rows = (original / "labels.csv").read_text().splitlines()
    lines = [header]
    for number in range(recordings):
        name, _, labels = rows[number % len(rows)].partition(",")
        subject, _, task = name.partition("_")
        person = f"{number // len(rows):04d}{subject}"
        for file in original.glob(f"*/{subject}/{name}*"):
            copy = root / file.parent.parent.name / person / f"{person}_{task}{file.suffix}"
            copy.parent.mkdir(parents=True, exist_ok=True)
            os.link(file, copy)
        lines.append(f"{person}_{task},{labels}")
    (root / "labels.csv").write_text("\n".join(lines) + "\n")
    return root


def measure(tree: Path, prepared: Path, jobs: int) -> dict[str, float]:
    command = [sys.executable, "-c", MEASURED, str(tree), str(prepared), str(jobs)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


if __name__ == "__main__":
    main()

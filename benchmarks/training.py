"""Training steps against plain PyTorch, Keras's own distiller and a live teacher, in turns, equality checked.

python benchmarks/training.py [--json FILE] [--repeats N] [--threads N] [--clock wall|cpu] [--only KEY ...]

PyTorch's side uses a GPU by itself; give --backend jax or --backend torch then, and --peak, the device's TFLOP/s.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from training_setting import BATCH_SIZE

from stressid_keras.provenance import write_json

CHECKED_STEPS = 5  # from the same first weights
FIRST_TOLERANCE, TOLERANCE = (
    1e-4,
    1e-2,
)  # relative, of a term of the loss at the first and at any of these steps
STEPS = 3  # of a turn
PAUSE = 0.02  # s, until the other side's threads have stopped spinning
SERVER = Path(__file__).with_name("training_sides.py")

# key: (what it is, ours, the reference, whether both compute the same); a key with _ is printed and not written
COMPARISONS = {
    "teacher_vs_torch": ("teacher, 60 s, PyTorch", "teacher 60s keras", "teacher 60s torch", True),
    "_teacher_10s": ("teacher, 10 s, PyTorch", "teacher 10s keras", "teacher 10s torch", True),
    "distill_vs_torch": ("student, 60 s, PyTorch", "student 60s keras", "student 60s torch", True),
    "_distill_10s": ("student, 10 s, PyTorch", "student 10s keras", "student 10s torch", True),
    "distill_vs_keras_distiller": (
        "audio to audio, Keras's distiller",
        "distiller ours",
        "distiller keras",
        True,
    ),
    "stored_vs_live_small": (
        "student, 10 s of 64 mels, live teacher",
        "student small stored",
        "student small live",
        True,
    ),
    "stored_vs_live_default": ("student, live teacher", "student 60s keras", "student live", True),
    "_normalisation": (
        "student, Keras's normalisation",
        "blocks pool first",
        "blocks keras normalisation",
        True,
    ),
    "_block_order": ("student, pooling after ReLU", "blocks pool first", "blocks pool last", False),
}


class Side:
    """A process that takes training steps when it is told to."""

    def __init__(self, name: str, folder: Path, arguments: argparse.Namespace, backend: str):
        threads = arguments.threads
        environment = {**os.environ, "KERAS_BACKEND": backend}
        if (
            arguments.clock == "cpu"
        ):  # on a busy machine OpenMP's threads spin while they wait for one that has no core
            environment["OMP_WAIT_POLICY"] = "passive"
        command = [sys.executable, str(SERVER), name, str(folder), str(threads)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def steps(self, count: int) -> dict:
        """Wall and CPU seconds per step, and the terms of the last step's loss."""
        return self.ask(count)

    def ask(self, question):
        print(question, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{' '.join(self.process.args)} ended; its message stands above.")
        return json.loads(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def main():
    arguments = parse()
    backend = arguments.backend
    print(
        f"{f'{backend}, {arguments.clock} ms per step, medians':<40}{'reference':>12}{'ours':>10}{'ratio':>8}",
        end="",
    )
    print(f"{'by CPU time':>13}{'windows/s':>11}   equality", flush=True)
    ratios = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        prepare = [sys.executable, str(SERVER), "prepare", str(folder), str(arguments.threads)]
        subprocess.run(prepare, check=True, env={**os.environ, "KERAS_BACKEND": backend})
        for key in arguments.only or COMPARISONS:
            ratio = compare(key, folder, arguments, backend)
            if not key.startswith("_"):
                ratios[key] = round(ratio, 3)
    if arguments.json:
        write_json(arguments.json, ratios)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the ratios here")
    parser.add_argument("--repeats", type=int, default=9, help="turns of each side [9]")
    parser.add_argument("--threads", type=int, default=2, help="of each side, within an operation [2]")
    parser.add_argument(
        "--clock",
        choices=("wall", "cpu"),
        default="wall",
        help="what the ratio is of; cpu on a busy machine [wall]",
    )
    default = "tensorflow" if importlib.util.find_spec("tensorflow") else "torch"
    parser.add_argument(
        "--backend", choices=("tensorflow", "jax", "torch"), default=default, help=f"of our side [{default}]"
    )
    parser.add_argument(
        "--peak", type=float, help="TFLOP/s of the device: also print each side's share of it"
    )
    parser.add_argument("--only", nargs="+", choices=COMPARISONS, metavar="KEY", help=", ".join(COMPARISONS))
    return parser.parse_args()


def compare(key: str, folder: Path, arguments: argparse.Namespace, backend: str) -> float:
    """The reference's time over ours."""
    name, *names, same = COMPARISONS[key]
    with (
        Side(names[0], folder, arguments, backend) as ours,
        Side(names[1], folder, arguments, backend) as reference,
    ):
        first = [[side.steps(1)["terms"] for _ in range(CHECKED_STEPS)] for side in (ours, reference)]
        equal = f"{CHECKED_STEPS} steps within {difference(*first):.0e}" if same else "another function"
        operations = reference.ask("flops") if arguments.peak and names[1].endswith(" torch") else 0
        turns = {ours: [], reference: []}
        for _ in range(arguments.repeats):
            for side, seen in turns.items():
                time.sleep(PAUSE)
                seen.append(side.steps(STEPS))
    medians = {
        clock: [statistics.median(turn[clock] for turn in seen) for seen in turns.values()]
        for clock in ("wall", "cpu")
    }
    ratios = {clock: reference / ours for clock, (ours, reference) in medians.items()}
    ours_ms, reference_ms = (1000 * seconds for seconds in medians[arguments.clock])
    print(
        f"{name:<40}{reference_ms:12.1f}{ours_ms:10.1f}{ratios[arguments.clock]:8.2f}{ratios['cpu']:13.2f}"
        f"{1000 * BATCH_SIZE / ours_ms:11.1f}   {equal}",
        flush=True,
    )
    if operations:
        shares = [operations / (seconds * arguments.peak * 1e12) for seconds in medians["wall"]]
        print(f"    share of the peak: ours {shares[0]:.1%}, reference {shares[1]:.1%}", flush=True)
    return ratios[arguments.clock]


def difference(ours: list[dict], reference: list[dict]) -> float:
    """The largest relative difference of a term of the loss at any step; AssertionError if it is too large."""
    worst = 0.0
    for step, (found, expected) in enumerate(zip(ours, reference, strict=True), start=1):
        for term, value in expected.items():
            relative = abs(found[term] - value) / max(abs(value), 1e-2)
            allowed = FIRST_TOLERANCE if step == 1 else TOLERANCE  # float32 sums in another order drift apart
            assert relative <= allowed, f"{term} of step {step} is {found[term]}; the reference has {value}."
            worst = max(worst, relative)
    return worst


if __name__ == "__main__":
    main()

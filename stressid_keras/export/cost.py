"""What an exported file costs to run: time beside the others, and memory in a process of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from stressid_keras.errors import ExportError
from stressid_keras.runtime.interpreter import LiteRTModel

ROUNDS = 30
WARM_UP = 3
_PEAK = """
import json, sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter

def peak():
    # Of this process alone; getrusage's counts what the parent held when it was forked.
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        try:
            import resource
        except ImportError:
            return None
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return used / (1024 * 1024 if sys.platform == "darwin" else 1024)

before = peak()
interpreter = Interpreter(model_path=sys.argv[1], num_threads=1)
run = interpreter.get_signature_runner()
shape = run.get_input_details()["waveform"]["shape"]
noise = np.random.default_rng(0).normal(0, 0.1, shape).astype("float32")
for _ in range(3):
    run(waveform=noise)
after = peak()
print(json.dumps(None if after is None else {"process": round(after, 1), "model": round(after - before, 1)}))
"""


def median_latencies(models: Mapping[str, LiteRTModel], windows: Sequence[np.ndarray]) -> dict[str, float]:
    """Milliseconds a window, one thread: median of `ROUNDS`, the models in turns, so that all meet the same load."""
    times = {name: [] for name in models}
    for number in range(WARM_UP + ROUNDS):
        window = windows[number % len(windows)]
        for name, model in models.items():
            start = time.perf_counter()
            model(window)
            times[name].append(time.perf_counter() - start)
    return {name: float(np.median(taken[WARM_UP:]) * 1e3) for name, taken in times.items()}


def peak_memory(path: Path) -> dict[str, float] | None:
    """MiB of a fresh process with LiteRT and NumPy that loads the file and runs it: `process` in all, `model` of that
    since before it was loaded. None where the system does not tell."""
    found = subprocess.run([sys.executable, "-c", _PEAK, str(path)], capture_output=True, text=True)
    if found.returncode:
        lines = found.stderr.strip().splitlines()
        raise ExportError(
            f"{path.name} does not run in a process of its own ({lines[-1] if lines else found.returncode}); "
            "expected LiteRT to load and run it."
        )
    return json.loads(found.stdout.strip().splitlines()[-1])

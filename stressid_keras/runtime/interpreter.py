"""A model from waveform to probabilities in LiteRT, whatever wrote its file."""

import os
import threading
from pathlib import Path

import numpy as np

from stressid_keras.errors import ExportError, shown
from stressid_keras.runtime.archive import read_model
from stressid_keras.runtime.graph import Graph, read_graph
from stressid_keras.runtime.pcm import as_float, fill_window

MOST_THREADS = 256  # of an interpreter
_INHERITED = []  # interpreters of the process that this one was forked from
SLACK = 1e-3  # by which probabilities may miss 0, 1 and their sum: rounding of eight bits


class LiteRTModel:
    """A flatbuffer or file with a signature: `model(window)` → outputs by name, without the batch axis.

    Safe to call from several threads: one call runs at a time, the others wait. LiteRT's interpreter holds input and
    output in places that all calls share. After a fork, and when it is unpickled, the model opens an interpreter of
    its own from the content that it has in memory.

    Args:
        source: path of a file, or its content.
        threads: CPU threads of the interpreter.
        name: of what is loaded, for errors.

    Attributes:
        inputs, outputs: details of the signature's tensors, by name.

    Raises:
        ExportError: LiteRT cannot load it.
    """

    def __init__(self, source: Path | bytes, threads: int = 1, name: Path | str | None = None):
        default = "what was converted" if isinstance(source, bytes) else source
        self._content = source if isinstance(source, bytes) else read_model(source)
        self._threads, self._name = threads, name or default
        self._opened = self._open()
        self.inputs, self.outputs = self._opened.inputs, self._opened.outputs

    def __call__(self, window: np.ndarray) -> dict[str, np.ndarray]:
        opened = self._opened
        if opened.process != os.getpid():
            # A fork copies the lock, perhaps locked, and none of LiteRT's threads: to close what it left would wait
            # for them.
            _INHERITED.append(opened)
            opened = self._opened = self._open()
        try:
            with opened.lock:
                found = opened.run(waveform=window[None])
                return {name: values[0].copy() for name, values in found.items()}
        except Exception as error:
            raise ExportError(
                f"{self._name} cannot be run by LiteRT: {_one_line(error)}; export it again."
            ) from None

    def __reduce__(self):
        return LiteRTModel, (self._content, self._threads, self._name)

    @property
    def shapes(self) -> dict[int, tuple[int, ...]]:
        """Of all tensors by their place, as LiteRT laid them out."""
        return self._opened.shapes

    def _open(self) -> "_Opened":
        return _Opened(self._content, self._threads, self._name)


class _Opened:
    """An interpreter of one process, and the lock that everyone takes who runs it."""

    def __init__(self, content: bytes, threads: int, name: Path | str):
        from ai_edge_litert.interpreter import Interpreter

        self.process, self.lock = os.getpid(), threading.Lock()
        try:
            self.interpreter = Interpreter(num_threads=threads, model_content=content)
            self.interpreter.allocate_tensors()
            self.run = self.interpreter.get_signature_runner()
            details = self.interpreter.get_tensor_details()
            self.shapes = {int(tensor["index"]): tuple(map(int, tensor["shape"])) for tensor in details}
            self.inputs, self.outputs = self.run.get_input_details(), self.run.get_output_details()
        except Exception as error:  # of many types: what the file claims decides which
            raise ExportError(
                f"{name} is no exported student (expected a TFLite model with an input 'waveform'): {_one_line(error)}"
            ) from None


class WindowModel:
    """One window in, its probabilities out. `StudentRunner` is this with names, rate and recordings of any length.

    Safe to share: threads take turns, and forked or unpickled copies work on their own.

    Args:
        source: a `.tflite` file, or its content, with a signature: input `waveform` float32 (1, samples), outputs
            `probabilities` float32 (1, classes) and, not in a file for MediaPipe, `feature` (1, feature_size).
        threads: CPU threads of the interpreter.
        name: of the model, for errors; by default its path.

    Attributes:
        samples: length of the window; a shorter waveform is filled up with zeros, which the model leaves out again.
        n_classes: number of probabilities.
        output_shapes: by name, such as {"probabilities": [1, 3]}.
        graph: what it computes.

    Raises:
        ExportError: the file is absent, damaged, has another signature, or could do harm (`graph.read_graph`); or
            `threads` is no positive number.
    """

    def __init__(self, source: Path | bytes, threads: int = 1, name: Path | str | None = None):
        if isinstance(threads, bool) or not isinstance(threads, int) or not 1 <= threads <= MOST_THREADS:
            raise ExportError(
                f"threads is {shown(threads)}; expected a whole number from 1, at most {MOST_THREADS}."
            )
        name = name or ("the model" if isinstance(source, bytes) else source)
        content = source if isinstance(source, bytes) else read_model(source)
        self.graph = read_graph(content, name)
        self._model, self._name = LiteRTModel(content, threads, name), name
        inputs, outputs = self._model.inputs, self._model.outputs
        self.samples = _length(inputs, "waveform", name)
        self.n_classes = _length(outputs, "probabilities", name)
        self.output_shapes = {key: [int(n) for n in found["shape"]] for key, found in outputs.items()}
        if set(inputs) != {"waveform"}:
            raise ExportError(
                f"{name} has the inputs {', '.join(sorted(inputs))}; expected 'waveform' alone."
            )
        _check_shapes(self.graph, self._model, name)

    def predict_window(self, waveform) -> tuple[np.ndarray, np.ndarray | None]:
        """Score one window.

        Args:
            waveform: (n,), 0 < n ≤ `samples`, mono at the rate the student was trained with; floating point of
                full scale 1, or int16, int32 or uint8 of full scale of their type. One beyond full scale is divided
                by its peak.

        Returns:
            probabilities (n_classes,) and feature (feature_size,), float32; the feature is None where the file
            has none.

        Raises:
            ExportError: the waveform is empty, too long, not finite, or of another type; or what the model gives are
                no probabilities.
        """
        waveform = as_float(waveform, "the waveform")
        if waveform.ndim != 1 or not 0 < len(waveform) <= self.samples:
            raise ExportError(
                f"the waveform has shape {waveform.shape}; expected one window of 1 to {self.samples} samples."
            )
        outputs = self._model(fill_window(waveform, self.samples))
        probabilities, feature = outputs["probabilities"], outputs.get("feature")
        between = bool(((probabilities >= -SLACK) & (probabilities <= 1 + SLACK)).all())  # NaN is not
        if not between or abs(probabilities.sum(dtype=np.float64) - 1) > SLACK:
            raise ExportError(
                f"{self._name} gives {shown(probabilities.tolist())}, which are no probabilities; export it again."
            )
        if feature is not None and not np.isfinite(feature).all():
            raise ExportError(f"{self._name} gives a feature with NaN or infinite values; export it again.")
        return probabilities, feature


def _check_shapes(graph: Graph, model: LiteRTModel, name: Path | str) -> None:
    """LiteRT works out shapes anew: where a file declares others, its claims of memory were not what it takes."""
    found = model.shapes
    for place, tensor in enumerate(graph.tensors):
        if found.get(place, tensor.shape) != tensor.shape:
            raise ExportError(
                f"{name} is no exported student (a tensor of shape {tensor.shape} turns out to have {found[place]})."
            )


def _length(details: dict, name: str, path: Path | str) -> int:
    """n of a float32 tensor (1, n)."""
    if name not in details:
        found = ", ".join(sorted(details)) or "none"
        raise ExportError(f"{path} is no exported student: expected a tensor '{name}', found {found}.")
    shape, kind = details[name]["shape"], np.dtype(details[name]["dtype"]).name
    if kind != "float32" or len(shape) != 2 or shape[0] != 1:
        raise ExportError(
            f"{path} is no exported student: '{name}' is {kind} {tuple(map(int, shape))}; expected float32 (1, n)."
        )
    return int(shape[1])


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__

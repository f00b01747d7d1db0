"""A model from waveform to probabilities in LiteRT, whatever wrote its file."""

from pathlib import Path

import numpy as np

from stressid_keras.errors import ExportError
from stressid_keras.export.samples import as_float, fill_window


class LiteRTModel:
    """A flatbuffer or file with a signature: `model(window)` → outputs by name, without the batch axis.

    Args:
        source: path of a file, or its content.
        threads: CPU threads of the interpreter.

    Attributes:
        inputs, outputs: details of the signature's tensors, by name.

    Raises:
        ExportError: LiteRT cannot load it.
    """

    def __init__(self, source: Path | bytes, threads: int = 1):
        from ai_edge_litert.interpreter import Interpreter

        place = {"model_content": source} if isinstance(source, bytes) else {"model_path": str(source)}
        try:
            self._interpreter = Interpreter(num_threads=threads, **place)
            self._run = self._interpreter.get_signature_runner()
            self.inputs, self.outputs = self._run.get_input_details(), self._run.get_output_details()
        except (KeyError, ValueError, RuntimeError, OSError) as error:
            what = "what was converted" if isinstance(source, bytes) else source
            raise ExportError(
                f"{what} is no exported student (expected a TFLite model with an input 'waveform'): {error}"
            ) from None

    def __call__(self, window: np.ndarray) -> dict[str, np.ndarray]:
        return {name: values[0] for name, values in self._run(waveform=window[None]).items()}


class WindowModel:
    """One window in, its probabilities out. `StudentRunner` is this with names, rate and recordings of any length.

    Not safe to call from two threads at once.

    Args:
        path: a `.tflite` file with a signature: input `waveform` float32 (1, samples), outputs `probabilities`
            float32 (1, classes) and, not in a file for MediaPipe, `feature` (1, feature_size).
        threads: CPU threads of the interpreter.

    Attributes:
        samples: length of the window; a shorter waveform is filled up with zeros, which the model leaves out again.
        n_classes: number of probabilities.

    Raises:
        ExportError: the file is absent, damaged, or has another signature; or `threads` is no positive number.
    """

    def __init__(self, path: Path, threads: int = 1):
        if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
            raise ExportError(f"threads is {threads!r}; expected a whole number from 1.")
        self._model = LiteRTModel(path, threads)
        inputs, outputs = self._model.inputs, self._model.outputs
        self.samples = _length(inputs, "waveform", path)
        self.n_classes = _length(outputs, "probabilities", path)
        if set(inputs) != {"waveform"}:
            raise ExportError(
                f"{path} has the inputs {', '.join(sorted(inputs))}; expected 'waveform' alone."
            )

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
            ExportError: the waveform is empty, too long, not finite, or of another type.
        """
        waveform = as_float(waveform, "the waveform")
        if waveform.ndim != 1 or not 0 < len(waveform) <= self.samples:
            raise ExportError(
                f"the waveform has shape {waveform.shape}; expected one window of 1 to {self.samples} samples."
            )
        outputs = self._model(fill_window(waveform, self.samples))
        outputs = {name: values.copy() for name, values in outputs.items()}
        return outputs["probabilities"], outputs.get("feature")


def _length(details: dict, name: str, path: Path) -> int:
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

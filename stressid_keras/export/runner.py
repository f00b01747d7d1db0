"""The exported student, run with LiteRT alone: no TensorFlow, no Keras, no librosa."""

from pathlib import Path

import numpy as np

from stressid_keras.errors import ExportError


class StudentRunner:
    """An exported student: waveforms in, probabilities and features out.

    Args:
        path: a `.tflite` file written by `export_student`.
        threads: CPU threads of the interpreter.

    Attributes:
        samples: length of the model's window in samples; a shorter waveform is filled up with zeros, which the
            model leaves out again.

    Raises:
        ExportError: the file is absent, damaged, or no exported student.
    """

    def __init__(self, path: Path, threads: int = 1):
        from ai_edge_litert.interpreter import Interpreter

        try:
            self._interpreter = Interpreter(str(path), num_threads=threads)
            self._run = self._interpreter.get_signature_runner()
            waveform = self._run.get_input_details()["waveform"]
        except (KeyError, ValueError, RuntimeError, OSError) as error:
            raise ExportError(
                f"{path} is no exported student (expected a TFLite model with an input 'waveform'): {error}"
            ) from None
        self.samples = int(waveform["shape"][1])

    def predict_window(self, waveform) -> tuple[np.ndarray, np.ndarray]:
        """Score one window.

        Args:
            waveform: (n,), n ≤ `samples`, mono at the rate the student was trained with, in [-1, 1].

        Returns:
            probabilities (n_classes,) and feature (feature_size,), float32.

        Raises:
            ExportError: the waveform is empty, too long or not finite.
        """
        waveform = np.asarray(waveform, dtype="float32")
        if waveform.ndim != 1 or not 0 < len(waveform) <= self.samples:
            raise ExportError(
                f"the waveform has shape {waveform.shape}; expected one window of 1 to {self.samples} samples."
            )
        if not np.isfinite(waveform).all():
            raise ExportError("the waveform holds NaN or infinite samples; expected finite ones.")
        buffer = np.zeros((1, self.samples), dtype="float32")
        buffer[0, : len(waveform)] = waveform
        outputs = self._run(waveform=buffer)
        return outputs["probabilities"][0], outputs["feature"][0]

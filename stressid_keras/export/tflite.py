"""`.keras` student → `.tflite` with built-in operations only, proven equal before it gets its name."""

import contextlib
import io
from collections.abc import Iterable
from pathlib import Path

import keras
import numpy as np

from stressid_keras.config import AudioConfig
from stressid_keras.errors import ExportError
from stressid_keras.export.deployed import build_deployed_model
from stressid_keras.export.interpreter import WindowModel
from stressid_keras.provenance import atomic_path

TOLERANCE = 1e-3  # largest difference of a probability from the .keras model's


def export_student(
    student: keras.Model,
    path: Path,
    audio: AudioConfig,
    samples: int,
    windows: Iterable[tuple[str, np.ndarray, np.ndarray]],
) -> dict:
    """Write the student with its front end as a TFLite file that takes a waveform.

    The file is run on every one of `windows` and appears under its name only if it agrees on all of them.

    Args:
        student: the trained student.
        path: of the `.tflite` file.
        audio: the log-mel of the training.
        samples: length of the model's window.
        windows: (name, waveform (n ≤ samples,), probabilities (n_classes,) of the `.keras` student) each.

    Returns:
        `windows` compared, `max_difference` of a probability, `top1_agreement`, and `bytes`.

    Raises:
        ExportError: Keras has another backend than TensorFlow, no window to compare on, or a probability that
            differs by more than `TOLERANCE`.
    """
    if keras.backend.backend() != "tensorflow":
        raise ExportError(
            f"{Path(path).name} cannot be written with the backend {keras.backend.backend()}; expected TensorFlow: "
            "export the same .keras file again with KERAS_BACKEND=tensorflow."
        )
    model = build_deployed_model(student, audio, samples)
    with atomic_path(path) as temporary:
        _convert(model, temporary, samples)
        report = _compare(WindowModel(temporary), windows, Path(path).name)
        report["bytes"] = temporary.stat().st_size
    return report


def _convert(model: keras.Model, path: Path, samples: int) -> None:
    import tensorflow as tf

    with contextlib.redirect_stdout(io.StringIO()):  # the converter reports where it keeps its scratch files
        model.export(
            str(path),
            format="litert",
            input_signature=[tf.TensorSpec((1, samples), tf.float32, name="waveform")],
            target_spec={"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]},
            verbose=False,
        )


def _compare(runner: WindowModel, windows, name: str) -> dict:
    largest, agreed, count = 0.0, 0, 0
    for window, waveform, expected in windows:
        found, _ = runner.predict_window(waveform)
        difference = float(np.abs(found - expected).max())
        if not difference <= TOLERANCE:
            raise ExportError(
                f"{name} gives {np.round(found, 4).tolist()} for {window} and the student "
                f"{np.round(expected, 4).tolist()}; expected a difference of at most {TOLERANCE:g}."
            )
        largest = max(largest, difference)
        agreed += int(found.argmax() == np.argmax(expected))
        count += 1
    if not count:
        raise ExportError(f"there is no window with a waveform to check {name} on; expected at least one.")
    return {"windows": count, "max_difference": largest, "top1_agreement": agreed / count}

"""Keras model → TFLite flatbuffer of built-in operations."""

import contextlib
import io
from pathlib import Path

import keras

from stressid_keras.errors import ExportError
from stressid_keras.export.operators import check_operators
from stressid_keras.system.temporary import temporary_folder


def to_tflite(model: keras.Model) -> bytes:
    """The flatbuffer of a model with one input of a fixed shape, float32.

    Args:
        model: such as `build_deployed_model` gives; the names of its outputs become those of the signature.

    Raises:
        ExportError: Keras has another backend than TensorFlow, or the model has an operation that is not built in.
    """
    if keras.backend.backend() != "tensorflow":
        raise ExportError(
            f"{model.name} cannot be converted with the backend {keras.backend.backend()}; expected TensorFlow: "
            "export the same .keras file again with KERAS_BACKEND=tensorflow."
        )
    import tensorflow as tf

    waveform = model.inputs[0]
    with temporary_folder() as folder:
        path = Path(folder, "model.tflite")
        # The converter reports where it keeps its scratch files.
        with contextlib.redirect_stdout(io.StringIO()):
            model.export(
                str(path),
                format="litert",
                input_signature=[tf.TensorSpec(waveform.shape, tf.float32, name=waveform.name)],
                target_spec={"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]},
                verbose=False,
            )
        content = path.read_bytes()
    check_operators(content, model.name)
    return content

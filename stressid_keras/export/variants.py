"""Variants that take more than one step: the int8 scheme that holds, and the file for MediaPipe."""

from collections.abc import Sequence

import keras
import numpy as np

from stressid_keras.export.convert import to_tflite
from stressid_keras.export.mediapipe_metadata import with_mediapipe_metadata
from stressid_keras.export.parity import CHOICE, LiteRTModel, Outputs, agreement, outputs_of
from stressid_keras.export.quantise import schemes, to_mixed_int8


def to_single_output(model: keras.Model, sample_rate: int, name: str, description: str) -> bytes:
    """The flatbuffer with the output `probabilities` alone: MediaPipe takes the first output for the scores."""
    single = keras.Model(model.input, {"probabilities": model.output["probabilities"]}, name=model.name)
    return with_mediapipe_metadata(to_tflite(single), sample_rate, name, description)


def to_int8(
    content: bytes,
    blocks: int,
    calibration: Sequence[np.ndarray],
    windows: Sequence[np.ndarray],
    expected: Outputs,
) -> tuple[bytes, dict]:
    """The fastest int8 variant that agrees with Keras on windows of the training and validation parts.

    A student that was trained little sits near ties, where eight bits change the predicted class: then fewer of its
    convolutions compute with integers.

    Args:
        content: float32 flatbuffer.
        blocks: of the student's encoder.
        calibration: (samples,) each; they set the ranges.
        windows: (samples,) each; schemes are compared on them. None may be of the test part.
        expected: what Keras gives for them.

    Returns:
        the flatbuffer, and `scheme`, its name, and `tried`, what each scheme reached; the last one is the choice
        where none keeps `parity.CHOICE`.
    """
    tried = []
    for scheme in schemes(blocks):
        quantised = to_mixed_int8(content, scheme, blocks, calibration)
        found = agreement(outputs_of({"int8": LiteRTModel(quantised)}, windows)["int8"], expected)
        tried.append({"scheme": scheme.name, **found})
        if not CHOICE.missed_by(found):
            break
    return quantised, {"scheme": scheme.name, "tried": tried, "asked": CHOICE.to_dict()}

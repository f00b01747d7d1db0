"""Variants that take more than one step: the int8 scheme that holds, and the file for MediaPipe."""

from collections.abc import Iterable, Sequence

import keras
import numpy as np

from stressid_keras.export.convert import to_tflite
from stressid_keras.export.int8_conversions import Conversion
from stressid_keras.export.parity import CHOICE, Outputs, agreement, outputs_of
from stressid_keras.runtime.interpreter import LiteRTModel
from stressid_keras.runtime.mediapipe_metadata import with_mediapipe_metadata


def to_single_output(model: keras.Model, sample_rate: int, name: str, description: str) -> bytes:
    """The flatbuffer with the output `probabilities` alone: MediaPipe takes the first output for the scores."""
    single = keras.Model(model.input, {"probabilities": model.output["probabilities"]}, name=model.name)
    return with_mediapipe_metadata(to_tflite(single), sample_rate, name, description)


class Int8Choice:
    """The fastest int8 variant that agrees with Keras on windows of the training and validation parts.

    A student that was trained little sits near ties, where eight bits change the predicted class: then less of it
    computes with integers.

    Attributes:
        content: the flatbuffer of the present choice.
        report: `scheme`, its name; `tried`, what each scheme reached; `asked` of them, which the last scheme need not
            keep; `given_up`, the choices that `give_up` was called for, and why.

    Args:
        conversions: the schemes, from the fastest to the most exact.
        windows: (samples,) each; schemes are compared on them. None may be of the test part.
        expected: what Keras gives for them.
    """

    def __init__(
        self,
        conversions: Iterable[Conversion],
        windows: Sequence[np.ndarray],
        expected: Outputs,
    ):
        self._windows, self._expected = windows, expected
        self._left = iter(conversions)
        self.report = {"asked": CHOICE.to_dict(), "tried": [], "given_up": []}
        self._choose()

    def give_up(self, why: str) -> bool:
        """Go on to a scheme that is more exact than the present one; whether there is any."""
        before = self.report["scheme"]
        if not self._choose():
            return False
        self.report["given_up"].append({"scheme": before, "why": why})
        return True

    def _choose(self) -> bool:
        scheme = None
        for scheme in self._left:
            self.content = scheme.convert()
            found = outputs_of({"int8": LiteRTModel(self.content)}, self._windows)["int8"]
            self.report["scheme"] = scheme.name
            self.report["tried"].append({"scheme": scheme.name, **agreement(found, self._expected)})
            if not CHOICE.missed_by(self.report["tried"][-1]):
                break
        return scheme is not None

"""The ways to an int8 variant, from the fastest to the most exact."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from stressid_keras.export.quantise import UNQUANTISED, schemes, to_dynamic_int8, to_float16, to_mixed_int8
from stressid_keras.models.backbones import Block
from stressid_keras.runtime.heard import FrontEnd, SpeechFrontEnd


class Conversion(NamedTuple):
    """One way: `name`, for the report, and `convert`, which gives the flatbuffer."""

    name: str
    convert: Callable[[], bytes]


def int8_conversions(
    front_end: FrontEnd, content: bytes, blocks: Sequence[Block], calibration: Sequence[np.ndarray]
) -> Iterator[Conversion]:
    """The ways for a student that hears a log-mel or a speech encoder.

    Args:
        front_end: what it hears.
        content: float32 flatbuffer.
        blocks: of the student's encoder, as its backbone declares them.
        calibration: (samples,) each; they set the ranges, where those are fixed.
    """
    if isinstance(front_end, SpeechFrontEnd):
        yield Conversion(
            "LSTM products int8 with ranges as they come, other weights float16",
            partial(to_dynamic_int8, content),
        )
        yield Conversion("float16 weights, float computation", partial(to_float16, content))
        yield Conversion(UNQUANTISED.name, lambda: content)
        return
    for scheme in schemes(len(blocks)):
        yield Conversion(scheme.name, partial(to_mixed_int8, content, scheme, blocks, calibration))

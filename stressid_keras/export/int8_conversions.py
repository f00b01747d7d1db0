"""The ways to an int8 variant, from the fastest to the most exact."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from stressid_keras.export.lstm_rounding import rounded_lstm, with_lstm_weights
from stressid_keras.export.quantise import (
    UNQUANTISED,
    UPPER_LSTM_PRODUCTS,
    schemes,
    to_dynamic_int8,
    to_float16,
    to_mixed_int8,
)
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
        calibration: (samples,) each; they set the ranges of convolutions, and how the weights of LSTM layers are
            rounded.
    """
    if isinstance(front_end, SpeechFrontEnd):
        yield from _recurrent(content, calibration)
        return
    for scheme in schemes(len(blocks)):
        yield Conversion(scheme.name, partial(to_mixed_int8, content, scheme, blocks, calibration))


def _recurrent(content: bytes, calibration: Sequence[np.ndarray]) -> Iterator[Conversion]:
    """The products of the first LSTM layer are the first to be given up: two more layers add to what they err by."""
    every = rounded_lstm(calibration)
    upper = {name: weights for name, weights in every.items() if not name.startswith("lstm1/")}
    yield Conversion(
        "LSTM products int8, other weights float16",
        lambda: to_dynamic_int8(with_lstm_weights(content, every)),
    )
    yield Conversion(
        "upper two LSTM layers int8, other weights float16",
        lambda: to_dynamic_int8(with_lstm_weights(content, upper), UPPER_LSTM_PRODUCTS),
    )
    yield Conversion("float16 weights, float computation", partial(to_float16, content))
    yield Conversion(UNQUANTISED.name, lambda: content)

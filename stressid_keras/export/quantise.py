"""Smaller variants of a float32 flatbuffer, by ai_edge_quantizer: float16 weights, or int8 behind a float front end."""

import contextlib
import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stressid_keras.errors import ExportError
from stressid_keras.export.operators import check_front_end_is_float, check_operators
from stressid_keras.models.backbones import Block

EVERYWHERE = ".*"
# All products of a speech encoder but that with the mel power, whose range is too wide for eight bits.
LSTM_PRODUCTS = r"speech_statistics(_\d+)?/.*(lstm[23]|lstm1(_\d+)?/MatMul_1)"
UPPER_LSTM_PRODUCTS = r"speech_statistics(_\d+)?/.*lstm[23]"
FRONT_END = "log_mel"
BEHIND_FRONT_END = r"^(?!.*log_mel)"
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
CONVOLUTIONS = WEIGHTED[:2]


@dataclass(frozen=True)
class Scheme:
    """How much of the student computes with integers; what does not has float16 or int8 weights and computes in float.

    The weights of the front end are float16 and those of the dense heads int8, in all of them but the last, which
    quantises nothing: both compute in float.
    """

    name: str
    static: tuple[int, ...]  # the blocks, from 1, whose convolution and pooling compute with int8
    bits: int = 16  # of the weights of the other convolutions; 32: nothing at all is quantised


UNQUANTISED = Scheme("float32 weights, nothing quantised", (), 32)


def schemes(blocks: int) -> list[Scheme]:
    """From the fastest to the most exact, for a student of so many blocks.

    The first block is cheap, and the last one's maxima go straight into the feature: these two cost speed least and
    agreement most.
    """
    everything = tuple(range(1, blocks + 1))
    found = [
        Scheme("all convolutions static int8", everything),
        Scheme("first block float, other convolutions static int8", everything[1:]),
        Scheme("first and last block float, other convolutions static int8", everything[1:-1]),
        Scheme("first two blocks and last float, other convolutions static int8", everything[2:-1]),
    ]
    return [
        *(scheme for scheme in found if scheme.static),
        Scheme("int8 weights, float computation", (), 8),
        Scheme("int8 dense weights, float16 convolutions, float computation", ()),
        # for a student that is hardly sure of anything: even the rounding to float16 turns a near tie
        UNQUANTISED,
    ]


def to_float16(content: bytes) -> bytes:
    """The flatbuffer with float16 weights, which the runtime widens when it loads the file."""
    quantizer = _quantizer(content)
    _add_float16(quantizer, EVERYWHERE, WEIGHTED)
    return _quantised(quantizer, "the fp16 variant")


def to_mixed_int8(
    content: bytes, scheme: Scheme, blocks: Sequence[Block], windows: Sequence[np.ndarray]
) -> bytes:
    """The flatbuffer with an int8 network behind a float front end, float input and float outputs.

    Args:
        content: float32 flatbuffer of a deployed student, folded by `fold_normalisation`.
        scheme: of `schemes(len(blocks))`.
        blocks: of the student's encoder, as its backbone declares them.
        windows: (samples,) float32 each; the least and greatest value that each tensor takes on them sets its range.

    Raises:
        ExportError: ai-edge-quantizer is absent, there is no window, or the front end would be quantised.
    """
    if not windows:
        raise ExportError("there is no window to calibrate the int8 variant on; expected at least one.")
    if scheme == UNQUANTISED:
        return content
    quantizer = _quantizer(content)
    names = _operation_names()
    _add_float16(quantizer, FRONT_END, WEIGHTED)
    if scheme.bits == 16:
        _add_float16(quantizer, BEHIND_FRONT_END, CONVOLUTIONS)
    else:
        for operation in CONVOLUTIONS:
            quantizer.add_weight_only_config(BEHIND_FRONT_END, names(operation), scheme.bits)
    static = [blocks[number - 1] for number in scheme.static]  # of what applies to a tensor, the last counts
    convolutions = [name for block in static for name in block.convolutions]
    pooled = [*convolutions, *(block.pooling for block in static if block.pooling)]
    for operation in (*CONVOLUTIONS, "MAX_POOL_2D"):
        quantizer.add_static_config(_tensors_of(pooled), names(operation), 8, 8)
    quantizer.add_static_config(_tensors_of([block.mask for block in static]), names("MUL"), 8, 8)
    quantizer.add_weight_only_config(BEHIND_FRONT_END, names("FULLY_CONNECTED"), 8)
    return _quantised(quantizer, "the int8 variant", windows)


def to_dynamic_int8(content: bytes, integers: str = LSTM_PRODUCTS) -> bytes:
    """The flatbuffer with int8 weights in some products, which quantise what comes in as it comes; float16 in the rest.

    For recurrent layers: their products have no ranges to calibrate, and are most of the work.

    Args:
        content: float32 flatbuffer.
        integers: regular expression of the names of the products' outputs.

    Raises:
        ExportError: ai-edge-quantizer is absent, or the front end would be quantised.
    """
    quantizer = _quantizer(content)
    _add_float16(quantizer, EVERYWHERE, WEIGHTED)
    quantizer.add_dynamic_config(integers, _operation_names().FULLY_CONNECTED, 8)
    return _quantised(quantizer, "the int8 variant")


def _tensors_of(layers: Sequence[str]) -> str:
    """Names of the tensors of some layers, none without layers: Keras may append a number to a layer's name."""
    names = "|".join(map(re.escape, layers))
    return rf"(?<!\w)(?:{names})(?:_\d+)?(?!\w)" if layers else "(?!)"


def _quantizer(content: bytes):
    try:
        from ai_edge_quantizer.quantizer import Quantizer
    except ModuleNotFoundError as error:
        raise ExportError(
            f"{error.name} is not installed, which the variants fp16 and int8 need; "
            "install it with pip install ai-edge-quantizer, or export --variants float32 mediapipe."
        ) from None
    return Quantizer(bytearray(content))


def _operation_names():
    from ai_edge_quantizer.qtyping import TFLOperationName

    return TFLOperationName


def _add_float16(quantizer, regex: str, operations: Sequence[str]) -> None:
    from ai_edge_quantizer import algorithm_manager, qtyping

    config = qtyping.OpQuantizationConfig(
        weight_tensor_config=qtyping.TensorQuantizationConfig(
            num_bits=16, dtype=qtyping.TensorDataType.FLOAT
        ),
        compute_precision=qtyping.ComputePrecision.FLOAT,
        explicit_dequantize=True,
    )
    for operation in operations:
        quantizer.update_quantization_recipe(
            regex,
            _operation_names()(operation),
            config,
            algorithm_manager.AlgorithmName.FLOAT_CASTING,
        )


def _quantised(quantizer, name: str, windows: Sequence[np.ndarray] = ()) -> bytes:
    with (
        contextlib.redirect_stdout(io.StringIO()),  # sizes, for people who quantise by hand
        contextlib.redirect_stderr(io.StringIO()),  # bars
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", UserWarning)  # calibration keeps all tensors, as it must
        ranges = None
        if quantizer.need_calibration:
            samples = [{"waveform": window[None]} for window in windows]
            ranges = quantizer.calibrate({"serving_default": samples}, num_threads=1)
        content = bytes(quantizer.quantize(ranges).quantized_model)
    check_operators(content, name)
    check_front_end_is_float(content, name)
    return content

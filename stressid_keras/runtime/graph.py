"""The graph of a TFLite flatbuffer, read without running it, and refused where running it could do harm."""

import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stressid_keras.errors import ExportError
from stressid_keras.runtime.archive import refusal
from stressid_keras.runtime.loops import endless_loop

MOST_BYTES = 1 << 30  # of all tensors: a speech student has 44 MB with windows of 10 s, 262 MB with 60 s
MOST_PARTS = 20_000  # tensors, or operators: a speech student has 205 and 138, one of statistics 284 and 187
CUSTOM = 32  # of BuiltinOperator: computed by code that came from elsewhere
# LiteRT reads some inputs without looking whether they are there, and crashes. Least number of inputs of operations
# that have several, and the first input that may be absent (-1) of those that allow it.
INPUTS = {
    "STRIDED_SLICE": 4,
    "SLICE": 3,
    "SELECT": 3,
    "SELECT_V2": 3,
    "TRANSPOSE_CONV": 3,
    **dict.fromkeys(
        ("PAD", "PADV2", "MIRROR_PAD", "RFFT2D", "TRANSPOSE", "GATHER", "TILE", "EXPAND_DIMS"), 2
    ),
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "BATCH_MATMUL", "PRELU"), 2),
    **dict.fromkeys(("ADD", "SUB", "MUL", "DIV", "FLOOR_DIV", "FLOOR_MOD", "POW", "MAXIMUM", "MINIMUM"), 2),
    **dict.fromkeys(("LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "EQUAL", "NOT_EQUAL"), 2),
    **dict.fromkeys(("LOGICAL_AND", "LOGICAL_OR", "SQUARED_DIFFERENCE"), 2),
    **dict.fromkeys(
        ("SUM", "MEAN", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY", "REDUCE_ALL"), 2
    ),
}
OPTIONAL = {
    "CONV_2D": 2,
    "DEPTHWISE_CONV_2D": 2,
    "FULLY_CONNECTED": 2,
    "TRANSPOSE_CONV": 3,
}
BYTES = {  # of a number, by its name in TensorType: those whose size does not depend on the value
    "FLOAT32": 4,
    "FLOAT16": 2,
    "INT32": 4,
    "UINT8": 1,
    "INT64": 8,
    "BOOL": 1,
    "INT16": 2,
    "COMPLEX64": 8,
    "INT8": 1,
    "UINT32": 4,
    "UINT16": 2,
    "INT4": 0.5,
}


PADDINGS = {
    "PAD",
    "PADV2",
    "MIRROR_PAD",
}  # they make as much as a constant says, whatever their output declares
ZERO_POINTS = {  # that a quantised number may have
    "INT8": (-128, 127),
    "UINT8": (0, 255),
    "INT4": (-8, 7),
}


class Tensor(NamedTuple):
    """`shape`; `kind`, its name in TensorType; and `data`, the bytes of a constant, otherwise None."""

    shape: tuple[int, ...]
    kind: str
    data: bytes | None

    @property
    def values(self) -> np.ndarray | None:
        """Of a constant in floating point, float64; None of another tensor."""
        kinds = {"FLOAT32": np.float32, "FLOAT16": np.float16}
        if self.data is None or self.kind not in kinds:
            return None
        with np.errstate(invalid="ignore"):  # of what is no number; the caller compares, and sees it
            return np.frombuffer(self.data, kinds[self.kind]).reshape(self.shape).astype(np.float64)


class Operator(NamedTuple):
    """`name` in BuiltinOperator, and the places of its `inputs` and `outputs` among the tensors; -1 is none."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class Graph(NamedTuple):
    """What a model computes, and the places of its `inputs` and `outputs` among the tensors."""

    tensors: list[Tensor]
    operators: list[Operator]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_graph(content: bytes, name: Path | str) -> Graph:
    """The main graph of a flatbuffer, checked.

    LiteRT checks offsets and what each operation needs; it does not see an operator without outputs or without an
    input that it must have, and allocates whatever tensors claim. So those are refused here, and what keeps a state
    from one call to the next.

    Args:
        content: of the flatbuffer.
        name: of the file, for the error.

    Raises:
        ExportError: it is damaged, has operations of its own, keeps a state, has a loop that may never end, or claims
            more than the bounds above.
    """
    from ai_edge_litert import schema_py_generated as schema

    try:
        model = schema.Model.GetRootAs(content, 0)
        graphs = [
            _read(content, model, model.Subgraphs(number))
            for number in range(_count(model.SubgraphsLength()))
        ]
        if not graphs:
            raise refusal(name, "its model has no graph")
        for graph in graphs:
            _check(graph)
        if fault := endless_loop(model, graphs):
            raise _Fault(fault)
    except _Fault as fault:
        raise refusal(name, f"its model {fault}") from None
    except ExportError:
        raise
    except Exception as error:  # whatever offsets that lead anywhere bring about
        raise refusal(name, f"its model is damaged: {type(error).__name__} {error}") from None
    return graphs[0]


class _Fault(Exception):
    """What is wrong with a graph."""


def _read(content: bytes, model, graph) -> Graph:
    tensors = [
        _tensor(content, model, graph.Tensors(number)) for number in range(_count(graph.TensorsLength()))
    ]
    operators = [
        _operator(model, graph.Operators(number)) for number in range(_count(graph.OperatorsLength()))
    ]
    if sum(map(_bytes, tensors)) > MOST_BYTES:
        raise _Fault(f"asks for more than {MOST_BYTES} bytes of memory")
    return Graph(tensors, operators, _integers(graph.InputsAsNumpy()), _integers(graph.OutputsAsNumpy()))


def _count(count: int) -> int:
    if count > MOST_PARTS:
        raise _Fault(f"claims {count} parts of a kind, more than {MOST_PARTS}")
    return count


def _tensor(content: bytes, model, tensor) -> Tensor:
    shape = _integers(tensor.ShapeAsNumpy())
    kind = _names("TensorType").get(tensor.Type(), "unknown")
    if kind not in BYTES:
        raise _Fault(f"has a tensor of the type {kind}")
    if any(length < 0 for length in shape):
        raise _Fault(f"has a tensor of shape {shape}")
    if tensor.IsVariable():
        raise _Fault("keeps a state from one window to the next")
    data = _values(content, model, tensor.Buffer())
    found = Tensor(shape, kind, data)
    _check_quantisation(tensor.Quantization(), found)
    if data is not None and len(data) != _bytes(found):
        raise _Fault(f"has {len(data)} bytes for a constant of {kind} {shape}")
    return found


def _values(content: bytes, model, number: int) -> bytes | None:
    """Of a constant, which the quantiser may put behind the flatbuffer; None of a tensor that is computed."""
    if number >= model.BuffersLength():
        raise _Fault("has a tensor whose values are not in it")
    buffer = model.Buffers(number)
    if buffer.Offset() > 1 or buffer.Size() > 1:
        start, stop = buffer.Offset(), buffer.Offset() + buffer.Size()
        if buffer.DataLength() or start < 2 or not start < stop <= len(content):
            raise _Fault("has a tensor whose values are not in it")
        return content[start:stop]
    return buffer.DataAsNumpy().tobytes() if buffer.DataLength() else None


def _check_quantisation(quantisation, tensor: Tensor) -> None:
    if quantisation is None:
        return
    scales, points = _numbers(quantisation.ScaleAsNumpy()), _numbers(quantisation.ZeroPointAsNumpy())
    low, high = ZERO_POINTS.get(tensor.kind, (0, 0))
    if not all(0 < scale < math.inf for scale in scales) or not all(low <= point <= high for point in points):
        raise _Fault(f"has a tensor of {tensor.kind} with an impossible quantisation")
    axis, length = quantisation.QuantizedDimension(), len(scales)
    by_channel = 0 <= axis < len(tensor.shape) and length == tensor.shape[axis]
    if (length > 1 and not by_channel) or len(points) not in (0, 1, length):
        raise _Fault(f"has a tensor of {tensor.kind} {tensor.shape} with {length} scales")


def _numbers(found) -> list:
    """Of a vector; the schema gives 0 for one that is absent."""
    return [] if isinstance(found, int) else found.tolist()


def _bytes(tensor: Tensor) -> int:
    return math.ceil(math.prod(tensor.shape) * BYTES[tensor.kind])


def _operator(model, operator) -> Operator:
    if not 0 <= operator.OpcodeIndex() < model.OperatorCodesLength():
        raise _Fault("has an operator without a name")
    code = model.OperatorCodes(operator.OpcodeIndex())
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())  # old files fill the second alone
    if number == CUSTOM or number not in _names("BuiltinOperator"):
        raise _Fault(f"has an operation that is not built in ({number})")
    name = _names("BuiltinOperator")[number]
    inputs = _integers(operator.InputsAsNumpy())
    if len(inputs) < INPUTS.get(name, 1):
        raise _Fault(f"has an operation {name} with {len(inputs)} inputs")
    return Operator(name, inputs, _integers(operator.OutputsAsNumpy()))


def _integers(found) -> tuple[int, ...]:
    return tuple(_numbers(found))


@cache
def _names(enumeration: str) -> dict[int, str]:
    from ai_edge_litert import schema_py_generated as schema

    found = vars(getattr(schema, enumeration)).items()
    return {value: name for name, value in found if isinstance(value, int)}


def _check(graph: Graph) -> None:
    """Every operator has its inputs before it runs, and writes to a place of its own."""
    places = set(range(len(graph.tensors)))
    constants = {
        place for place in places if graph.tensors[place].data is not None or not _bytes(graph.tensors[place])
    }
    ready = constants | set(graph.inputs)
    if not ready <= places:
        raise _Fault("has an input that is no tensor of it")
    written = set(ready)
    for operator in graph.operators:
        for position, place in enumerate(operator.inputs):
            absent = place == -1 and position >= OPTIONAL.get(operator.name, math.inf)
            if not absent and place not in written:
                raise _Fault(f"has an operation {operator.name} whose input {position} is missing")
        outputs = set(operator.outputs)
        own = len(outputs) == len(operator.outputs) and not outputs & written
        if not outputs or not own or not outputs <= places:
            raise _Fault(f"has an operation {operator.name} that writes to no place of its own")
        if operator.name in PADDINGS:
            _check_padding(graph.tensors, operator)
        written |= outputs
    if not set(graph.outputs) <= written:
        raise _Fault("has an output that nothing computes")


def _check_padding(tensors: list[Tensor], operator: Operator) -> None:
    source, paddings, result = (tensors[place] for place in (*operator.inputs[:2], operator.outputs[0]))
    kinds = {"INT32": np.int32, "INT64": np.int64}
    if paddings.data is None or paddings.kind not in kinds or paddings.shape != (len(source.shape), 2):
        raise _Fault(f"has an operation {operator.name} of which it does not say by how much")
    sides = np.frombuffer(paddings.data, kinds[paddings.kind]).reshape(-1, 2).tolist()
    grown = tuple(
        length + before + after for length, (before, after) in zip(source.shape, sides, strict=True)
    )
    if grown != result.shape or min(map(min, sides), default=0) < 0:
        raise _Fault(
            f"has an operation {operator.name} that turns {source.shape} into {grown}, and declares {result.shape}"
        )

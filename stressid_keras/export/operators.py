"""What a TFLite flatbuffer is made of: its operations, read without running it."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from stressid_keras.errors import ExportError

FRONT_END = re.compile(r"\b(log_mel|speech_waveform|speech_frames)(_\d+)?/")  # layers, numbered by Keras


def operators(content: bytes) -> Counter[str]:
    """How often each operation occurs, by its name in the TFLite schema; a custom one as `CUSTOM <name>`."""
    return Counter(name for name, _, _ in _operations(content))


def check_operators(content: bytes, name: str) -> None:
    """Raises ExportError if an operation is custom or TensorFlow's (Flex), which phones and pages lack."""
    custom = sorted(operator for operator in operators(content) if operator.startswith("CUSTOM"))
    if custom:
        raise ExportError(f"{name} needs {', '.join(custom)}; expected built-in TFLite operations only.")


def check_front_end_is_float(content: bytes, name: str) -> None:
    """Raises ExportError if the front end, the input or an output computes with integers.

    Mel power spans ten orders of magnitude: eight bits of it leave a spectrogram that the student has never seen.
    """
    from ai_edge_litert import schema_py_generated as schema

    quantised = {schema.TensorType.INT8, schema.TensorType.UINT8, schema.TensorType.INT16}
    for _, tensor, kind in _operations(content):
        if kind in quantised and FRONT_END.search(tensor):
            raise ExportError(
                f"{name} quantises its front end ({tensor}); expected a front end in float: "
                "export the variant 'int8', which quantises the network behind it."
            )
    graph = _model(content).Subgraphs(0)
    places = [*graph.InputsAsNumpy(), *graph.OutputsAsNumpy()]
    if any(graph.Tensors(int(place)).Type() != schema.TensorType.FLOAT32 for place in places):
        raise ExportError(f"{name} takes or gives integers; expected float32 input and outputs.")


def _operations(content: bytes) -> Iterator[tuple[str, str, int]]:
    """Name of each operation, and name and type of its first output."""
    names = _operator_names()
    model = _model(content)
    for number in range(model.SubgraphsLength()):
        graph = model.Subgraphs(number)
        for index in range(graph.OperatorsLength()):
            operator = graph.Operators(index)
            code = model.OperatorCodes(operator.OpcodeIndex())
            builtin = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())  # old files fill the second alone
            name = names[builtin]
            if name == "CUSTOM":
                name = f"CUSTOM {code.CustomCode().decode()}"
            tensor = graph.Tensors(operator.Outputs(0))
            yield name, tensor.Name().decode(), tensor.Type()


def _model(content: bytes):
    from ai_edge_litert import schema_py_generated as schema

    return schema.Model.GetRootAs(content, 0)


@cache
def _operator_names() -> dict[int, str]:
    from ai_edge_litert import schema_py_generated as schema

    return {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}

"""Flatbuffers made to do harm, with the right hash: LiteRT does not run them, or the numbers are refused."""

import flatbuffers as builders
import numpy as np
import pytest

from stressid_keras import StudentRunner
from stressid_keras.errors import ExportError
from stressid_keras.runtime.graph import read_graph
from stressid_keras.runtime.interpreter import WindowModel

from ..small_export import RATE, speech, write_export
from .test_bad_input import refused


@pytest.fixture
def changed(flatbuffers, tmp_path):
    """changed(change) → path of an exported file of which change(model, graph) has altered the flatbuffer."""
    from ai_edge_litert import schema_py_generated as schema

    def changed(change):
        model = schema.ModelT.InitFromPackedBuf(flatbuffers["float32"], 0)
        change(model, model.subgraphs[0])
        return write_export(tmp_path / "student.tflite", _packed(model))

    return changed


def _packed(model):
    builder = builders.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def named(model, name):
    """The first operator of a name in the schema."""
    from ai_edge_litert import schema_py_generated as schema

    number = getattr(schema.BuiltinOperator, name)
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    return next(o for o in model.subgraphs[0].operators if codes[o.opcodeIndex] == number)


def test_what_is_packed_again_unchanged_still_works(changed):
    StudentRunner(changed(lambda model, graph: None))


def drop_input(name, position):
    def change(model, graph):
        inputs = named(model, name).inputs = named(model, name).inputs.copy()
        inputs[position] = -1

    return change


def drop_outputs(model, graph):
    named(model, "STRIDED_SLICE").outputs = np.zeros(0, np.int32)


def fewer_inputs(model, graph):
    operator = named(model, "STRIDED_SLICE")
    operator.inputs = operator.inputs[:2]


def write_to_the_input(model, graph):
    named(model, "LOG").outputs = graph.inputs


def read_later(model, graph):
    graph.operators.reverse()


def far_tensor(model, graph):
    named(model, "MUL").inputs = np.array([100_000, 0], np.int32)


def huge(model, graph):
    graph.tensors[named(model, "LOG").outputs[0]].shape = np.array([1 << 15, 1 << 15], np.int32)


def hidden_growth(model, graph):
    """The declared shapes stay small; the padding that LiteRT reads does not."""
    padding = graph.tensors[named(model, "PAD").inputs[1]]
    values = np.array([[0, 0], [1 << 20, 1 << 20]], "<i4")
    model.buffers[padding.buffer].data = np.frombuffer(values.tobytes(), np.uint8)


def state(model, graph):
    graph.tensors[named(model, "LOG").outputs[0]].isVariable = True


def short_constant(model, graph):
    weights = graph.tensors[named(model, "FULLY_CONNECTED").inputs[1]]
    model.buffers[weights.buffer].data = model.buffers[weights.buffer].data[:8]


def impossible_scale(model, graph):
    from ai_edge_litert import schema_py_generated as schema

    quantisation = schema.QuantizationParametersT()
    quantisation.scale, quantisation.zeroPoint = np.array([np.nan], np.float32), np.array([1 << 40], np.int64)
    graph.tensors[named(model, "LOG").outputs[0]].quantization = quantisation


def custom(model, graph):
    from ai_edge_litert import schema_py_generated as schema

    code = model.operatorCodes[named(model, "LOG").opcodeIndex]
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM


def no_graph(model, graph):
    model.subgraphs = []


def elsewhere(model, graph):
    model.buffers[graph.tensors[named(model, "MUL").inputs[1]].buffer].offset = 1 << 40


def name_that_is_no_text(model, graph):
    model.signatureDefs[0].inputs[0].name = b"\xff\xfe"


HARM = {
    "operation STRIDED_SLICE whose input 3 is missing": drop_input("STRIDED_SLICE", 3),
    "operation FLOOR_DIV whose input 1 is missing": drop_input("FLOOR_DIV", 1),
    "operation CONV_2D whose input 1 is missing": drop_input("CONV_2D", 1),
    "operation STRIDED_SLICE that writes to no place of its own": drop_outputs,
    "operation STRIDED_SLICE with 2 inputs": fewer_inputs,
    "operation LOG that writes to no place of its own": write_to_the_input,
    "whose input 0 is missing": read_later,
    "operation MUL whose input 0 is missing": far_tensor,
    "asks for more than 1073741824 bytes of memory": huge,
    "operation PAD that turns (1, 32000) into (1, 2129152)": hidden_growth,
    "keeps a state from one window to the next": state,
    "8 bytes for a constant of FLOAT32": short_constant,
    "with an impossible quantisation": impossible_scale,
    "an operation that is not built in": custom,
    "its model has no graph": no_graph,
    "a tensor whose values are not in it": elsewhere,
    "expected a TFLite model with an input 'waveform'": name_that_is_no_text,
}


@pytest.mark.parametrize("message", HARM)
def test_a_graph_that_could_do_harm_is_a_sentence(changed, message):
    assert message in refused(changed(HARM[message]))


@pytest.mark.parametrize(
    ("value", "message"), [(np.nan, "no probabilities"), (np.inf, "no probabilities"), (-np.inf, "no prob")]
)
def test_probabilities_that_are_none_are_a_sentence_and_no_number(changed, value, message):
    """Of weights that are no numbers, of which LiteRT makes probabilities that are none."""

    def change(model, graph):
        logits = [o for o in graph.operators if o.opcodeIndex == named(model, "FULLY_CONNECTED").opcodeIndex][
            -1
        ]
        weights = model.buffers[graph.tensors[logits.inputs[1]].buffer]
        weights.data = np.frombuffer(np.full(len(weights.data) // 4, value, "<f4").tobytes(), np.uint8)

    runner = StudentRunner(changed(change))
    for call in (lambda: runner.predict(speech(3.0), RATE), lambda: runner.predict_window(speech(2.0))):
        with pytest.raises(ExportError, match=message):
            call()


def test_logits_in_the_place_of_probabilities_are_a_sentence(changed):
    def change(model, graph):
        softmax = named(model, "SOFTMAX")
        (place,) = [k for k, o in enumerate(model.signatureDefs[0].outputs) if o.name == b"probabilities"]
        model.signatureDefs[0].outputs[place].tensorIndex = softmax.inputs[0]
        graph.outputs = np.array([*graph.outputs[:-1], softmax.inputs[0]], np.int32)
        graph.operators.remove(softmax)

    with pytest.raises(ExportError, match="which are no probabilities"):
        StudentRunner(changed(change)).predict_window(speech(2.0))


def test_random_changes_of_the_structure_are_a_sentence_or_probabilities(flatbuffers):
    """Also of many bytes at once; a crash of the interpreter would end the tests."""
    content, generator = flatbuffers["float32"], np.random.default_rng(0)
    scored = 0
    for _ in range(150):
        changed = bytearray(content)
        for place in generator.integers(len(content) // 3, len(content) - 4, int(generator.integers(1, 5))):
            number = int(generator.choice([-1, 0, 1, 255, 65_536, 2**31 - 1]))
            changed[place - place % 4 : place - place % 4 + 4] = number.to_bytes(4, "little", signed=True)
        try:
            probabilities, _ = WindowModel(bytes(changed)).predict_window(speech(2.0))
        except ExportError:
            continue
        scored += 1
        assert abs(probabilities.sum() - 1) < 1e-3
    assert 0 < scored < 150


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\0\0\0\0TFL3", b"\xff\xff\xff\xffTFL3" + b"\xff" * 100])
def test_what_is_no_flatbuffer_is_a_sentence(content):
    with pytest.raises(ExportError, match="is no exported student"):
        read_graph(content, "student.tflite")


def with_values_behind(content):
    """As ai-edge-quantizer may write those of a kilobyte and more."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(content, 0)
    values, offsets = {}, {}
    for number, buffer in enumerate(model.buffers):
        if buffer.data is not None and len(buffer.data) >= 1024:
            values[number] = bytes(buffer.data)
            buffer.data, buffer.offset, buffer.size = None, 1 << 30, len(values[number])
    flatbuffer = _packed(model)
    position = len(flatbuffer)
    for number, data in values.items():
        position = offsets[number] = -(-position // 16) * 16
        position += len(data)
        model.buffers[number].offset = offsets[number]
    whole = bytearray(_packed(model).ljust(position, b"\0"))
    assert len(values) > 1
    for number, data in values.items():
        whole[offsets[number] : offsets[number] + len(data)] = data
    return bytes(whole)


def test_files_whose_values_lie_behind_the_flatbuffer_are_read(flatbuffers, tmp_path):
    content = with_values_behind(flatbuffers["float32"])
    path = write_export(tmp_path / "student.tflite", content)
    wanted = WindowModel(flatbuffers["float32"]).predict_window(speech(2.0))[0]
    np.testing.assert_array_equal(StudentRunner(path).predict_window(speech(2.0))[0], wanted)

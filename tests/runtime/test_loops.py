"""A loop that is not seen to end is refused: nobody could stop it on a phone."""

import keras
import numpy as np
import pytest

from stressid_keras.errors import ExportError
from stressid_keras.layers import SpeechStatistics
from stressid_keras.runtime.graph import read_graph
from stressid_keras.runtime.loops import MOST_STEPS

from .test_graph import _packed as packed
from .test_graph import named


@pytest.fixture(scope="module")
def flatbuffer():
    """A small LSTM over 8 frames."""
    from stressid_keras.export.convert import to_tflite

    waveform = keras.Input((40,), batch_size=1, name="waveform")
    frames = keras.layers.Reshape((10, 4))(waveform)
    size = keras.ops.full((1, 1), 10, dtype="int32")
    layer = SpeechStatistics(units=2, layers=1, summarised=(1,), segment=8, segment_hop=2)
    return to_tflite(keras.Model(waveform, {"statistics": layer(frames, size)}))


@pytest.fixture
def changed(flatbuffer):
    """changed(change) → the flatbuffer after change(model, loop, condition, body)."""
    from ai_edge_litert import schema_py_generated as schema

    def changed(change):
        model = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
        loop = named(model, "WHILE")
        options = loop.builtinOptions
        change(
            model, loop, *(model.subgraphs[n] for n in (options.condSubgraphIndex, options.bodySubgraphIndex))
        )
        return packed(model)

    return changed


def set_constant(model, graph, place, value):
    """Give a constant of one int32 a buffer of its own."""
    from ai_edge_litert import schema_py_generated as schema

    buffer = schema.BufferT()
    buffer.data = np.frombuffer(np.int32(value).tobytes(), np.uint8)
    graph.tensors[place].buffer = len(model.buffers)
    model.buffers.append(buffer)


def too_many_steps(model, loop, condition, body):
    set_constant(model, condition, condition.operators[0].inputs[1], MOST_STEPS + 1)


def begins_far_below(model, loop, condition, body):
    position = list(condition.inputs).index(condition.operators[0].inputs[0])
    set_constant(model, model.subgraphs[0], loop.inputs[position], -(2**31))


def stands_still(model, loop, condition, body):
    counter = list(condition.inputs).index(condition.operators[0].inputs[0])
    body.outputs = body.outputs.copy()
    body.outputs[counter] = body.inputs[counter]


def watches_another_number(model, loop, condition, body):
    condition.operators[0].inputs = condition.operators[0].inputs[::-1].copy()


def test_a_loop_that_counts_is_read(flatbuffer, changed):
    read_graph(flatbuffer, "it")
    read_graph(changed(lambda *parts: None), "it")


@pytest.mark.parametrize("change", [too_many_steps, begins_far_below, stands_still, watches_another_number])
def test_a_loop_that_may_never_end_is_refused(changed, change):
    with pytest.raises(ExportError, match=f"not seen to end within {MOST_STEPS} steps"):
        read_graph(changed(change), "it")


def test_a_loop_without_a_body_is_refused(changed):
    def change(model, loop, condition, body):
        loop.builtinOptions.bodySubgraphIndex = 99

    with pytest.raises(ExportError, match="without a condition or a body"):
        read_graph(changed(change), "it")

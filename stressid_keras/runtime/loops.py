"""Loops of a TFLite graph: each must tell by itself when it ends, for whoever runs it cannot stop it."""

import numpy as np

MOST_STEPS = 10_000  # of a loop: that of a speech encoder has 160


def endless_loop(model, graphs) -> str:
    """What is wrong with the first loop that is not a count from zero in steps of one, as the end of a sentence.

    Args:
        model: the flatbuffer's, by LiteRT's schema.
        graphs: the `runtime.graph.Graph` of each of its subgraphs.

    Returns:
        Empty where all loops end within `MOST_STEPS`, and none is in a loop.
    """
    for number, graph in enumerate(graphs):
        for place, operator in enumerate(graph.operators):
            if operator.name != "WHILE":
                continue
            if number:
                return "has a loop in a loop"
            condition, body = _parts(model.Subgraphs(number).Operators(place))
            if not {condition, body} <= set(range(1, len(graphs))):
                return "has a loop without a condition or a body"
            starts = [graph.tensors[place] for place in operator.inputs]
            if not _counts(graphs[condition], graphs[body], starts):
                return f"has a loop that is not seen to end within {MOST_STEPS} steps"
    return ""


def _parts(operator) -> tuple[int, int]:
    """Numbers of the subgraphs of a loop's condition and body; -1 without."""
    from ai_edge_litert import schema_py_generated as schema

    if operator.BuiltinOptionsType() != schema.BuiltinOptions.WhileOptions:
        return -1, -1
    table, options = operator.BuiltinOptions(), schema.WhileOptions()
    options.Init(table.Bytes, table.Pos)
    return options.CondSubgraphIndex(), options.BodySubgraphIndex()


def _counts(condition, body, starts) -> bool:
    """Whether a counter that begins at 0 is raised by 1 as long as it is below a constant."""
    test = condition.operators
    if len(test) != 1 or test[0].name != "LESS" or condition.outputs != test[0].outputs:
        return False
    counter, end = test[0].inputs
    states = {len(condition.inputs), len(body.inputs), len(body.outputs), len(starts)}
    if counter not in condition.inputs or len(states) > 1:
        return False
    position = condition.inputs.index(counter)
    raised = [
        step for step in body.operators if step.name == "ADD" and step.outputs == (body.outputs[position],)
    ]
    if len(raised) != 1:
        return False
    constants = [_integer(body.tensors[place]) for place in raised[0].inputs]
    limit = _integer(condition.tensors[end])
    return (
        body.inputs[position] in raised[0].inputs
        and 1 in constants
        and _integer(starts[position]) == 0
        and limit is not None
        and limit <= MOST_STEPS
    )


def _integer(tensor) -> int | None:
    """Of a constant of one int32; None of another tensor."""
    if tensor.data is None or tensor.kind != "INT32" or len(tensor.data) != 4:
        return None
    return int(np.frombuffer(tensor.data, "<i4")[0])

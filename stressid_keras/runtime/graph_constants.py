"""Constants in a model's graph by which a front end is known: mel filters, windows, and single numbers."""

from collections.abc import Iterator

import numpy as np

from stressid_keras.runtime.graph import Graph

# Largest difference of a constant, of its largest value: float16 keeps 11 bits; float32 that of another machine's sine.
TOLERANCES = {"FLOAT32": 1e-5, "FLOAT16": 1e-3}


def has_filters(graph: Graph, filters: np.ndarray) -> bool:
    """Whether constants are a filterbank (frequencies, bands), whole or in blocks of bands without the frequencies
    that none uses."""
    filters, done = filters.T, 0
    matrices = [(side, kind) for values, kind in _constants(graph, 2) for side in (values, values.T)]
    while done < len(filters):
        for matrix, kind in matrices:
            block = filters[done : done + len(matrix)]
            if len(block) == len(matrix) and _is_block(matrix, block, kind):
                done += len(block)
                break
        else:
            return False
    return True


def has_hann_window(graph: Graph, samples: int) -> bool:
    hann = np.hanning(samples + 1)[:-1]
    return any(_close(values, hann, kind) for values, kind in _constants(graph, 1))


def scalars(graph: Graph, *names: str) -> list[float]:
    """Constants of a single number that operators of these names take."""
    places = {place for operator in graph.operators if operator.name in names for place in operator.inputs}
    found = [graph.tensors[place].values for place in places if place >= 0]
    return [float(values.reshape(())) for values in found if values is not None and values.size == 1]


def _constants(graph: Graph, rank: int) -> Iterator[tuple[np.ndarray, str]]:
    """Values and kind of the constants in floating point with so many axes."""
    for tensor in graph.tensors:
        if len(tensor.shape) == rank and tensor.data is not None and tensor.kind in TOLERANCES:
            yield tensor.values, tensor.kind


def _is_block(matrix: np.ndarray, block: np.ndarray, kind: str) -> bool:
    """Whether it is the block, whole or from about the first frequency that a band uses, which rounding decides."""
    used = np.flatnonzero(block.any(axis=0))
    first = int(used[0]) if len(used) else 0
    for start in {0, first - 1, first, first + 1}:
        if 0 <= start <= block.shape[1] - matrix.shape[1]:
            placed = np.zeros(block.shape)
            placed[:, start : start + matrix.shape[1]] = matrix
            if _close(placed, block, kind):
                return True
    return False


def _close(found: np.ndarray, expected: np.ndarray, kind: str) -> bool:
    if found.shape != expected.shape:
        return False
    return np.allclose(found, expected, rtol=0, atol=TOLERANCES[kind] * np.abs(expected).max(initial=0))

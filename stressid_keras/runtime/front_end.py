"""Whether a model computes the log-mel that its `model.json` describes, by the constants and shapes in its graph."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stressid_keras.config import AudioConfig
from stressid_keras.media.mel import mel_filterbank
from stressid_keras.runtime.archive import DESCRIPTION, refusal
from stressid_keras.runtime.graph import Graph

# Largest difference of a constant, of its largest value: float16 keeps 11 bits; float32 that of another machine's sine.
TOLERANCES = {"FLOAT32": 1e-5, "FLOAT16": 1e-3}
USUAL_RATES = (
    8_000,
    11_025,
    16_000,
    22_050,
    24_000,
    32_000,
    44_100,
    48_000,
)  # Hz, to name the one that it has


def check_front_end(graph: Graph, audio: AudioConfig, samples: int, name: Path | str) -> None:
    """Refuse a model whose front end is another than the described one: it would give other numbers without a word.

    The rate is in the mel filterbank, whose weights are constants of the graph.

    Args:
        graph: of the model.
        audio: what `model.json` describes.
        samples: length of the window.
        name: of the file, for the error.

    Raises:
        ExportError: the graph has another filterbank, window function, number of frames, hop or dynamic range.
    """
    said = f"and its {DESCRIPTION} says otherwise: that was changed, export the model again"
    if not _has_filterbank(graph, audio.sample_rate, audio.n_fft, audio.n_mels):
        rates = [rate for rate in USUAL_RATES if _has_filterbank(graph, rate, audio.n_fft, audio.n_mels)]
        found = f"one for {rates[0]} Hz" if rates else "another one, or none"
        wanted = (
            f"a filterbank of {audio.n_mels} mel bands of {audio.n_fft} samples at {audio.sample_rate} Hz"
        )
        raise refusal(name, f"its {DESCRIPTION} describes {wanted}, and its model has {found}")
    hann = np.hanning(audio.n_fft + 1)[:-1]
    if not any(_close(values, hann, kind) for values, kind in _constants(graph, 1)):
        raise refusal(name, f"its model has no Hann window of {audio.n_fft} samples, {said}")
    frames = samples // audio.hop_length + 1
    shapes = {tensor.shape for tensor in graph.tensors}
    hops = frames + audio.n_fft // audio.hop_length - 1
    if not {(1, frames, audio.n_fft), (1, hops, audio.hop_length)} <= shapes:
        raise refusal(name, f"its model does not cut frames {audio.hop_length} samples apart, {said}")
    if not _has_range(graph, audio.top_db):
        raise refusal(name, f"its model has another dynamic range than {audio.top_db} dB, {said}")


def _constants(graph: Graph, rank: int) -> Iterator[tuple[np.ndarray, str]]:
    """Values and kind of the constants in floating point with so many axes."""
    for tensor in graph.tensors:
        if len(tensor.shape) == rank and tensor.data is not None and tensor.kind in TOLERANCES:
            yield tensor.values, tensor.kind


def _has_filterbank(graph: Graph, rate: int, n_fft: int, n_mels: int) -> bool:
    """Whether constants are the filterbank, whole or in blocks of bands without the frequencies that none uses."""
    filters, done = mel_filterbank(rate, n_fft, n_mels).T, 0
    matrices = [(side, kind) for values, kind in _constants(graph, 2) for side in (values, values.T)]
    while done < n_mels:
        for matrix, kind in matrices:
            block = filters[done : done + len(matrix)]
            if len(block) == len(matrix) and _is_block(matrix, block, kind):
                done += len(block)
                break
        else:
            return False
    return True


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


def _has_range(graph: Graph, top_db: float) -> bool:
    """Whether something is raised by it, and something scaled by its inverse."""
    raised = _scalars(graph, "ADD", "SUB")
    scaled = [1 / value for value in _scalars(graph, "MUL") if value] + _scalars(graph, "DIV")
    return all(any(np.isclose(value, top_db, rtol=1e-3) for value in found) for found in (raised, scaled))


def _scalars(graph: Graph, *names: str) -> list[float]:
    """Constants of a single number that operators of these names take."""
    places = {place for operator in graph.operators if operator.name in names for place in operator.inputs}
    found = [graph.tensors[place].values for place in places if place >= 0]
    return [float(values.reshape(())) for values in found if values is not None and values.size == 1]

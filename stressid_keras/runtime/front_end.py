"""Whether a model computes the front end that its `model.json` describes, by the constants and shapes in its graph."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stressid_keras.config import AudioConfig
from stressid_keras.media.mel import mel_filterbank
from stressid_keras.media.spectrum_order import ordered_filterbank
from stressid_keras.runtime.archive import DESCRIPTION, refusal
from stressid_keras.runtime.graph import Graph
from stressid_keras.runtime.graph_constants import has_filters, has_hann_window, scalars
from stressid_keras.runtime.heard import FrontEnd, SpeechFrontEnd

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


class Traces(NamedTuple):
    """What a front end leaves in a graph.

    `filterbank`, of (sample_rate, n_fft, n_mels), gives its mel filters (frequencies, n_mels); `hops`, so many hops
    hold the padded waveform; `fault`, of a graph, says what is wrong with the numbers that scale, empty if nothing is.
    """

    filterbank: Callable[[int, int, int], np.ndarray]
    hops: int
    fault: Callable[[Graph], str]


def check_front_end(graph: Graph, front_end: FrontEnd, samples: int, name: Path | str) -> None:
    """Refuse a model whose front end is another than the described one: it would give other numbers without a word.

    The rate is in the mel filterbank, whose weights are constants of the graph.

    Args:
        graph: of the model.
        front_end: what `model.json` describes.
        samples: length of the window.
        name: of the file, for the error.

    Raises:
        ExportError: the graph has another filterbank, window function, number of frames, hop, dynamic range or level.
    """
    said = f"and its {DESCRIPTION} says otherwise: that was changed, export the model again"
    n_fft, hop_length, n_mels = front_end.n_fft, front_end.hop_length, front_end.n_mels
    frames = samples // hop_length + 1
    traces = TRACES[type(front_end)](front_end, frames)

    def is_of_rate(rate: int) -> bool:
        return has_filters(graph, traces.filterbank(rate, n_fft, n_mels))

    if not is_of_rate(front_end.sample_rate):
        rates = [rate for rate in USUAL_RATES if is_of_rate(rate)]
        found = f"one for {rates[0]} Hz" if rates else "another one, or none"
        wanted = f"a filterbank of {n_mels} mel bands of {n_fft} samples at {front_end.sample_rate} Hz"
        raise refusal(name, f"its {DESCRIPTION} describes {wanted}, and its model has {found}")
    if not has_hann_window(graph, n_fft):
        raise refusal(name, f"its model has no Hann window of {n_fft} samples, {said}")
    shapes = {tensor.shape for tensor in graph.tensors}
    if not {(1, frames, n_fft), (1, traces.hops, hop_length)} <= shapes:
        raise refusal(name, f"its model does not cut frames {hop_length} samples apart, {said}")
    if fault := traces.fault(graph):
        raise refusal(name, f"its model has {fault}, {said}")


def _log_mel_traces(audio: AudioConfig, frames: int) -> Traces:
    def fault(graph: Graph) -> str:
        """Something is raised by the range, and something scaled by its inverse."""
        raised = scalars(graph, "ADD", "SUB")
        scaled = [1 / value for value in scalars(graph, "MUL") if value] + scalars(graph, "DIV")
        agrees = _has(raised, audio.top_db) and _has(scaled, audio.top_db)
        return "" if agrees else f"another dynamic range than {audio.top_db} dB"

    return Traces(mel_filterbank, frames + audio.n_fft // audio.hop_length - 1, fault)


def _speech_traces(speech: SpeechFrontEnd, frames: int) -> Traces:
    def fault(graph: Graph) -> str:
        agrees = _has(scalars(graph, "DIV"), 10 ** (speech.level / 20))
        return "" if agrees else f"another level than {speech.level} dB"

    return Traces(ordered_filterbank, frames + -(-speech.n_fft // speech.hop_length), fault)


def _has(found: list[float], expected: float) -> bool:
    return any(np.isclose(value, expected, rtol=1e-3) for value in found)


TRACES = {AudioConfig: _log_mel_traces, SpeechFrontEnd: _speech_traces}

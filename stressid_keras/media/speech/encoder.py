"""The speech encoder: three LSTM layers over segments of frames, and statistics of what the upper two give."""

from collections.abc import Iterator, Mapping

import numpy as np

from stressid_keras.media.speech.frames import speech_frames
from stressid_keras.media.speech.settings import LAYERS, SEGMENT, SEGMENT_HOP, SUMMARISED, UNITS


def speech_statistics(waveform: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """`frame_statistics` of a waveform's frames.

    Args:
        waveform: (n,) mono at 16 kHz, full scale 1.
        weights: of `load_weights`.

    Returns:
        (1024,) float32.

    Raises:
        StressIDError: the waveform has another shape, or samples that are not finite.
    """
    return frame_statistics(speech_frames(waveform), weights)


def frame_statistics(frames: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """Mean and standard deviation over all frames of all segments, of each summarised layer in turn.

    Segments begin every `SEGMENT_HOP` frames as long as they end within the recording; one that is shorter than a
    segment is a segment of its own length. `layers.SpeechStatistics` computes the same in a graph.

    Args:
        frames: (T, 40) of `speech_frames`.
        weights: of `load_weights`.

    Returns:
        (1024,) float32.

    Source: Wan et al., "Generalized end-to-end loss for speaker verification", ICASSP 2018 (the network); Snyder et
    al., "X-vectors: robust DNN embeddings for speaker recognition", ICASSP 2018 (statistics pooling).
    """
    found = []
    for layer, outputs in enumerate(layer_outputs(segments_of(frames), weights), start=1):
        if layer in SUMMARISED:
            found += [outputs.mean(axis=(0, 1)), outputs.std(axis=(0, 1))]
    return np.concatenate(found)


def segments_of(frames: np.ndarray) -> np.ndarray:
    """The segments (segments, frames, N_MELS) of frames (T, N_MELS)."""
    starts = range(0, max(len(frames) - SEGMENT, 0) + 1, SEGMENT_HOP)
    return np.stack([frames[start : start + SEGMENT] for start in starts])


def layer_outputs(segments: np.ndarray, weights: Mapping[str, np.ndarray]) -> Iterator[np.ndarray]:
    """What each layer in turn makes of segments (segments, frames, N_MELS): (segments, frames, UNITS)."""
    x = segments
    for layer in range(1, LAYERS + 1):
        x = _lstm(x, *(weights[f"lstm{layer}/{name}"] for name in ("kernel", "recurrent_kernel", "bias")))
        yield x


def _lstm(x: np.ndarray, kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """(segments, frames, inputs) → (segments, frames, UNITS), from a state of zeros."""
    given = x @ kernel + bias
    output = np.empty((*x.shape[:2], UNITS), np.float32)
    hidden = cell = np.zeros((len(x), UNITS), np.float32)
    for frame in range(x.shape[1]):
        into, keep, new, out = np.split(given[:, frame] + hidden @ recurrent_kernel, 4, axis=1)
        cell = _sigmoid(keep) * cell + _sigmoid(into) * np.tanh(new)
        hidden = output[:, frame] = _sigmoid(out) * np.tanh(cell)
    return output


def _sigmoid(x: np.ndarray) -> np.ndarray:
    """Without the overflow of an exponential."""
    return 0.5 * np.tanh(0.5 * x) + 0.5

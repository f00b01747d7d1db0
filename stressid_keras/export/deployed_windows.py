"""Deployment windows: the pieces of a waveform that the exported model is asked about."""

import math
from collections.abc import Iterator

import numpy as np

from stressid_keras.export.metadata import hop_samples
from stressid_keras.runtime.pcm import fill_window


def deployed_samples(longest_seconds: float, seconds: float, sample_rate: int) -> int:
    """Length of the deployed model's window.

    Args:
        longest_seconds: of the training windows; if none is longer than `seconds`, the window is theirs, rounded up to
            whole seconds, and nothing has to be aggregated.
        seconds: asked for.
    """
    if longest_seconds > seconds:
        return round(seconds * sample_rate)
    return math.ceil(longest_seconds) * sample_rate


def window_starts(length: int, samples: int, hop: int) -> list[int]:
    """A window every hop from 0, and one more that ends at the end if the last does not."""
    if length <= samples:
        return [0]
    starts = list(range(0, length - samples + 1, hop))
    if starts[-1] + samples < length:
        starts.append(length - samples)
    return starts


def deployed_windows(waveform: np.ndarray, samples: int) -> Iterator[np.ndarray]:
    """Pieces (samples,) float32 of a waveform (n,), half a window apart, zeros behind a shorter one.

    A piece beyond full scale is divided by its peak.
    """
    for start in window_starts(len(waveform), samples, hop_samples(samples)):
        yield fill_window(waveform[start : start + samples], samples)

"""Which spans of a recording become windows, and which part of a window a modality covers."""

from collections.abc import Mapping

from stressid_keras.config import PreparationConfig

Span = tuple[float, float]  # start and stop in seconds from the beginning of the recording


def window_spans(seconds_by_modality: Mapping[str, float], config: PreparationConfig) -> list[Span]:
    """Spans of a recording's windows, in order.

    The recording is as long as its longest modality. Window 0 always exists; a later window starts at each
    multiple of the hop where at least half a window remains. A last, shorter window ends with the recording.

    Args:
        seconds_by_modality: length of each modality that is there, in seconds.
    """
    window, hop = config.window_seconds, config.hop_seconds
    duration = max(seconds_by_modality.values(), default=0.0)
    spans = [(0.0, min(window, duration))]
    while duration - len(spans) * hop >= window / 2:
        start = len(spans) * hop
        spans.append((start, min(start + window, duration)))
    return spans


def modality_spans(seconds: float, spans: list[Span], config: PreparationConfig) -> list[Span | None]:
    """The part of each window that a modality of this length covers; None where it is missing.

    In window 0 it is whatever there is (its transform refuses less than `quality.min_seconds`); in a later
    window a modality that covers less than half of it is missing there, which is no failure.
    """
    shares: list[Span | None] = []
    for start, _ in spans:
        stop = min(start + config.window_seconds, seconds)
        enough = start == 0 or stop - start >= config.window_seconds / 2
        shares.append((start, stop) if enough else None)
    return shares

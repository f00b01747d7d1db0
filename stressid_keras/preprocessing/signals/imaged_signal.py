"""One signal of a recording: which of its windows can be used, and the series that is imaged of it."""

from functools import cached_property
from pathlib import Path

import numpy as np

from stressid_keras.config import PreparationConfig
from stressid_keras.errors import RecordingError
from stressid_keras.preprocessing import quality
from stressid_keras.preprocessing.signals.heart_rate import Heartbeats, find_heartbeats, tachogram
from stressid_keras.preprocessing.signals.physiology import clean_signal
from stressid_keras.preprocessing.signals.resampling import interpolate_missing
from stressid_keras.preprocessing.windows import Span


class ImagedSignal:
    """A signal, and what is made of it; everything is computed when it is first asked for.

    Attributes:
        modality: "ecg", "eda" or "rr".
        samples: (n,) float32 at `config.quality.signal_rate`; NaN where one is missing.
    """

    def __init__(self, modality: str, samples: np.ndarray, config: PreparationConfig, path: Path):
        self.modality, self.samples, self.config, self.path = modality, samples, config, path
        self.rate = config.quality.signal_rate

    @cached_property
    def series(self) -> np.ndarray:
        """(n,) whose Gramian angular field is taken: heart rate in beats a minute for an ECG, or the signal.

        It is that of the whole recording, for a window of a second may hold a single heartbeat; missing samples are
        interpolated, however many: what is too many is for each window to say.

        Raises:
            RecordingError: an ECG without heartbeats.
        """
        return tachogram(self._heartbeats) if self._is_heart_rate else interpolate_missing(self.samples)

    def check(self, span: Span) -> dict[str, float]:
        """The measures of a window's quality, by name.

        Raises:
            RecordingError: it is too short, too much of it is missing or flat, it is constant, or its heartbeats are
                not alike.
        """
        limits, where = self.config.quality, self.where(span)
        piece = self.cut(self.samples, span)
        long_enough(len(piece) / self.rate, self.path, span, self.config)
        clean_signal(piece, limits, where)
        measures = {
            "flat_share": quality.flat_share(piece, self.least_flat),
            "missing_share": quality.share(~np.isfinite(piece)),
        }
        quality.check(measures, limits, where)
        if self._is_heart_rate:
            start = round(span[0] * self.rate)
            likeness = self._heartbeats.likeness(start, start + len(piece))
            if likeness < limits.min_beat_likeness:
                raise RecordingError(
                    f"{where}: its heartbeats are not alike (correlation {likeness:.2f}); "
                    f"expected at least {limits.min_beat_likeness:g}."
                )
        return measures

    @property
    def least_flat(self) -> int:
        """How many equal samples in a row are flat."""
        return max(2, round(self.config.quality.flat_seconds * self.rate))

    def cut(self, signal: np.ndarray, span: Span) -> np.ndarray:
        return signal[round(span[0] * self.rate) : round(span[1] * self.rate)]

    def where(self, span: Span) -> str:
        """How an error names a window of it."""
        return f"{named(self.path, span)}, {self.modality.upper()}"

    @property
    def _is_heart_rate(self) -> bool:
        return self.modality == "ecg" and self.config.gaf.ecg_series == "heart_rate"

    @cached_property
    def _heartbeats(self) -> Heartbeats:
        where = f"{self.path.name}, {self.modality.upper()}"
        return find_heartbeats(interpolate_missing(self.samples), self.rate, where)


def named(path: Path, span: Span) -> str:
    """How an error names a window of a file."""
    return path.name if span[0] == 0 else f"{path.name} from {span[0]:g} to {span[1]:g} s"


def long_enough(seconds: float, path: Path, span: Span, config: PreparationConfig) -> float:
    """The length of a window, if it can be used.

    Raises:
        RecordingError: it is shorter than `config.quality.min_seconds`.
    """
    least = config.quality.min_seconds
    if seconds < least:
        raise RecordingError(f"{named(path, span)} lasts {seconds:.2f} s; expected at least {least:g} s.")
    return seconds

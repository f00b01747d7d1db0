"""The signals of one recording, from whichever files and parts of files hold them."""

import functools
from pathlib import Path

import numpy as np

from stressid_keras.config import QualityConfig
from stressid_keras.modalities import PHYSIOLOGICAL
from stressid_keras.preprocessing.file_stamp import file_stamp
from stressid_keras.preprocessing.signals.physiology import Columns, SignalFile, at_rate, read_signal_file


class SignalReader:
    """Reads each file once.

    Args:
        recording: a dataset Recording.
        quality: at whose `signal_rate` samples are given.
    """

    def __init__(self, recording, quality: QualityConfig):
        self.recording, self.quality = recording, quality

    def file(self, path: Path) -> SignalFile:
        """A text file as it is.

        Raises:
            RecordingError, OSError: as `read_signal_file`.
        """
        return _file(path, file_stamp(path), columns_of(self.recording, path))

    def samples(self, modality: str) -> np.ndarray:
        """(n,) float32 at `quality.signal_rate`, of the recording's part of its file; NaN where a sample is missing.

        Raises:
            RecordingError: as `load_signals`, or the part lies beyond the file's end.
            OSError: the file cannot be read.
        """
        path, rate = self.recording.sources[modality], self.quality.signal_rate
        whole = _at_rate(path, file_stamp(path), columns_of(self.recording, path), self.quality)[modality]
        start, end = self.recording.part(modality).span(len(whole) / rate, path.name)
        return whole[round(start * rate) : round(end * rate)]


def columns_of(recording, path: Path) -> Columns:
    """What of a text file is a recording's."""
    names = [name for name in PHYSIOLOGICAL if recording.sources.get(name) == path]
    parts = [recording.part(name) for name in names]
    titles = tuple((name, part.column or name) for name, part in zip(names, parts, strict=True))
    return Columns(titles, next((part.rate for part in parts if part.rate is not None), None))


# The last files are kept, one for each signal: recordings of one person may lie in the same files, after each other.


@functools.lru_cache(maxsize=len(PHYSIOLOGICAL))
def _file(path: Path, stamp: tuple[int, ...], columns: Columns) -> SignalFile:
    return read_signal_file(path, columns)


@functools.lru_cache(maxsize=len(PHYSIOLOGICAL))
def _at_rate(
    path: Path, stamp: tuple[int, ...], columns: Columns, quality: QualityConfig
) -> dict[str, np.ndarray]:
    return at_rate(_file(path, stamp, columns), quality)

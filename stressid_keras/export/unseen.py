"""Windows of people who were not trained on, cut into what the deployed model takes."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from stressid_keras.export.deployed_windows import deployed_windows

N_KEPT = 8  # 0.6 MB each


class Unseen(NamedTuple):
    """A training window of a person who was not trained on."""

    row: pd.Series  # of the manifest
    part: str  # "test", or "val" where the test part has few windows
    waveform: np.ndarray  # (n,) float32


class DeployedPieces:
    """Deployment windows of training windows, gone through once.

    Attributes, of what was gone through:
        rows: manifest rows of the training windows.
        parts, owners: part and position in `rows` of each deployment window.
        kept: the first few deployment windows, to measure time on.

    Args:
        unseen: the training windows.
        samples: length of a deployment window.
        progress: called with the number of training windows done.
    """

    def __init__(self, unseen: Iterable[Unseen], samples: int, progress: Callable[[int], None] | None = None):
        self._unseen, self._samples, self._progress = unseen, samples, progress
        self.rows, self.parts, self.owners, self.kept = [], [], [], []

    def __iter__(self):
        for number, (row, part, waveform) in enumerate(self._unseen):
            self.rows.append(row)
            for window in deployed_windows(waveform, self._samples):
                self.parts.append(part)
                self.owners.append(number)
                if len(self.kept) < N_KEPT:
                    self.kept.append(window)
                yield window
            if self._progress:
                self._progress(number + 1)

    def select(self, part: str) -> np.ndarray:
        return np.array(self.parts) == part

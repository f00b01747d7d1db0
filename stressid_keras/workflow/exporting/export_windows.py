"""The windows of an export: some to set ranges, some to choose a scheme, and others to check on."""

from collections.abc import Iterator

import numpy as np

from stressid_keras.errors import ExportError
from stressid_keras.export.deployed_windows import deployed_windows
from stressid_keras.export.unseen import Unseen
from stressid_keras.preprocessing.waveforms import window_waveforms
from stressid_keras.store.store import PreparedStore

N_CALIBRATION = 64  # deployment windows that set the int8 ranges: min and max change little from there on
N_VALIDATION = 192  # that choose the int8 scheme, at most: 0.6 MB each


class ExportWindows:
    """Windows of a plan's parts, as waveforms.

    Args:
        plan: an `ExportPlan`.
    """

    def __init__(self, plan):
        self.plan = plan

    def calibration(self) -> list[np.ndarray]:
        """Of the training part; of another prepared folder, of everybody who is not in the test part."""
        plan, store = self.plan, self.plan.calibration_store
        if plan.options.calibration:
            seen = ~store.manifest[plan.split.unit].isin(plan.split.parts["test"]).to_numpy()
            rows = np.flatnonzero(seen & store.has("audio"))
        else:
            rows = plan.rows("train")
        windows = self._cut(store, rows, N_CALIBRATION)
        if not windows:
            raise ExportError(
                f"{store.path} has no window of a person outside the test part whose sound file is in "
                f"{plan.data_dir}; expected a prepared folder of that tree."
            )
        return windows

    def validation(self) -> list[np.ndarray]:
        return self._cut(self.plan.store, self.plan.rows("val"), N_VALIDATION)

    def __iter__(self) -> Iterator[Unseen]:
        """Unseen windows, of `plan.unseen_parts`."""
        for part in self.plan.unseen_parts:
            for row, waveform in self._read(self.plan.store, self.plan.rows(part)):
                yield Unseen(row, part, waveform)

    def _cut(self, store: PreparedStore, rows: np.ndarray, most: int) -> list[np.ndarray]:
        """At most so many deployment windows, evenly spread over the rows, and the same number of each."""
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))]
        each, windows = -(-most // max(1, len(rows))), []
        for _, waveform in self._read(store, rows):
            pieces = list(deployed_windows(waveform, self.plan.samples))
            chosen = np.unique(np.linspace(0, len(pieces) - 1, min(each, len(pieces))).astype(int))
            windows += [pieces[place] for place in chosen]
        return windows[:most]

    def _read(self, store: PreparedStore, rows: np.ndarray) -> Iterator:
        return window_waveforms(store, rows, self.plan.index.recordings)

"""Heartbeats in an ECG, and the instantaneous heart rate from them."""

from dataclasses import dataclass

import numpy as np

from stressid_keras.errors import RecordingError

SHORTEST, LONGEST = (
    60 / 220,
    60 / 30,
)  # seconds between beats; what lies outside is a missed or an invented beat
BEFORE, AFTER = 0.2, 0.3  # s of a beat around its R peak: from the P wave to the middle of the T wave
FEWEST = 4  # beats that can be compared


@dataclass(frozen=True)
class Heartbeats:
    """R peaks of an ECG.

    Attributes:
        cleaned: (n,) the ECG without drift and mains hum, in its unit.
        peaks: (beats,) sample numbers.
        sample_rate: Hz.
    """

    cleaned: np.ndarray
    peaks: np.ndarray
    sample_rate: float

    def likeness(self, start: int, stop: int) -> float:
        """How alike the beats between two samples are; 1 where there are fewer than FEWEST.

        The correlation with the median beat that three quarters of the beats reach: near 1 of a heart, below .5 of
        noise, in which peaks are found as well. After Orphanidou et al., "Signal-quality indices for the
        electrocardiogram and photoplethysmogram", IEEE JBHI 2015, DOI 10.1109/JBHI.2014.2338351.
        """
        before, after = round(BEFORE * self.sample_rate), round(AFTER * self.sample_rate)
        inside = (self.peaks >= max(start, before)) & (self.peaks < min(stop, len(self.cleaned) - after))
        if inside.sum() < FEWEST:
            return 1.0
        beats = self.cleaned[self.peaks[inside, None] + np.arange(-before, after)]
        beats = beats - beats.mean(axis=1, keepdims=True)
        typical = np.median(beats, axis=0)
        typical -= typical.mean()
        size = np.sqrt((beats**2).sum(axis=1) * (typical @ typical))
        return float(np.percentile(beats @ typical / np.where(size > 0, size, 1.0), 25))


def find_heartbeats(ecg: np.ndarray, sample_rate: float, where: str) -> Heartbeats:
    """The R peaks that NeuroKit2's `ecg_peaks` finds (Makowski et al. 2021, DOI 10.3758/s13428-020-01516-y).

    Args:
        ecg: (n,) finite samples, in any unit.
        sample_rate: Hz.
        where: how an error names the signal.

    Raises:
        RecordingError: no two heartbeats are found.
    """
    import neurokit2  # takes seconds to import, and not every process needs it

    try:
        cleaned = neurokit2.ecg_clean(np.asarray(ecg, np.float64), sampling_rate=sample_rate)
        _, found = neurokit2.ecg_peaks(cleaned, sampling_rate=sample_rate)
        beats = Heartbeats(cleaned, np.asarray(found["ECG_R_Peaks"]).astype(np.int64), sample_rate)
    except (
        Exception
    ):  # of many types: how NeuroKit2 says that there is nothing to find, or too little to look at
        beats = None
    if beats is None or not _plausible(beats).any():
        raise RecordingError(f"{where}: no heart rate is found; expected at least two heartbeats.")
    return beats


def heart_rate(ecg: np.ndarray, sample_rate: float, where: str) -> np.ndarray:
    """Beats a minute at every sample of an ECG: `tachogram` of what `find_heartbeats` finds, in the same terms.

    Returns:
        (n,) float64.
    """
    return tachogram(find_heartbeats(ecg, sample_rate, where))


def tachogram(beats: Heartbeats) -> np.ndarray:
    """Beats a minute at every sample, from the intervals between R peaks.

    An interval's rate stands at its middle and is interpolated linearly between.

    Returns:
        (n,) float64.
    """
    plausible, peaks = _plausible(beats), beats.peaks.astype(np.float64)
    middles, intervals = (peaks[1:] + peaks[:-1]) / 2, np.diff(peaks) / beats.sample_rate
    return np.interp(np.arange(len(beats.cleaned)), middles[plausible], 60 / intervals[plausible])


def _plausible(beats: Heartbeats) -> np.ndarray:
    intervals = np.diff(beats.peaks) / beats.sample_rate
    return (intervals >= SHORTEST) & (intervals <= LONGEST)

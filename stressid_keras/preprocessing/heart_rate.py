"""Instantaneous heart rate from an ECG."""

import numpy as np

from stressid_keras.errors import RecordingError

SHORTEST, LONGEST = (
    60 / 220,
    60 / 30,
)  # seconds between beats; what lies outside is a missed or an invented beat


def heart_rate(ecg: np.ndarray, sample_rate: float, where: str) -> np.ndarray:
    """Beats a minute at every sample, from the intervals between R peaks (a tachogram).

    An interval's rate stands at its middle and is interpolated linearly between; R peaks are those that NeuroKit2's
    `ecg_peaks` finds (Makowski et al. 2021, DOI 10.3758/s13428-020-01516-y).

    Args:
        ecg: (n,) finite samples, in any unit.
        sample_rate: Hz.
        where: how an error names the signal.

    Returns:
        (n,) float64.

    Raises:
        RecordingError: no two heartbeats are found.
    """
    import neurokit2  # takes seconds to import, and not every process needs it

    peaks = np.empty(0)
    try:
        cleaned = neurokit2.ecg_clean(np.asarray(ecg, np.float64), sampling_rate=sample_rate)
        _, found = neurokit2.ecg_peaks(cleaned, sampling_rate=sample_rate)
        peaks = np.asarray(found["ECG_R_Peaks"], np.float64)
    except (ValueError, IndexError, ZeroDivisionError):  # how NeuroKit2 says that there is nothing to find
        pass
    intervals = np.diff(peaks) / sample_rate
    plausible = (intervals >= SHORTEST) & (intervals <= LONGEST)
    if not plausible.any():
        raise RecordingError(f"{where}: no heart rate is found; expected at least two heartbeats.")
    middles = (peaks[1:] + peaks[:-1]) / 2
    return np.interp(np.arange(len(ecg)), middles[plausible], 60 / intervals[plausible])

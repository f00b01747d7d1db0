"""What NeuroKit2 finds in ECG, EDA and respiration; each group of features is missing if it cannot be computed.

NeuroKit2: Makowski et al. 2021, DOI 10.3758/s13428-020-01516-y. It warns a lot: the caller silences it.
"""

from collections.abc import Callable

import numpy as np
import scipy.signal

HEARTBEAT_SECONDS = (0.3, 2.0)  # 200 to 30 beats a minute; other intervals are beats missed or imagined
BREATH_SECONDS = (1.0, 20.0)  # 60 to 3 breaths a minute
# NeuroKit2's spectrum begins at four cycles in the recording; a power is given where that leaves enough of its band.
HIGH_FREQUENCY_SECONDS = 4 / 0.15  # all of .15 to .4 Hz, the share of breathing
LOW_FREQUENCY_SECONDS = 4 / 0.1  # of .04 to .15 Hz the upper part, with the waves of blood pressure at .1 Hz
COARSE_BINS = (
    1000.0  # ms, of a histogram of intervals that is not used: with the default's its search takes seconds
)
# What NeuroKit2 raises where it finds no peaks, too few, or a signal shorter than its smoothing.
FAILURES = (IndexError, TypeError, ValueError)

INTERVALS = (
    *("rate_mean", "rate_std", "rate_minimum", "rate_maximum"),
    *("interval_std", "interval_rmssd", "interval_variation"),
)
NAMES = {
    "ecg": (
        *INTERVALS,
        *("interval_pnn20", "interval_pnn50", "high_frequency", "low_frequency", "low_to_high_frequency"),
    ),
    "eda": (
        *("tonic_mean", "tonic_std", "tonic_slope", "phasic_std", "phasic_maximum", "scr_rate"),
        *("scr_amplitude_mean", "scr_amplitude_maximum", "scr_rise_time", "scr_recovery_time"),
    ),
    "rr": (*INTERVALS, "amplitude_mean", "amplitude_std", "inspiration_share"),
}


def ecg_features(ecg: np.ndarray, sample_rate: float) -> dict[str, float]:
    """Heart rate and its variability, by `ecg_clean`, `ecg_peaks` (artefacts corrected), `hrv_time`, `hrv_frequency`.

    Beats a minute; of the intervals, standard deviation and RMSSD (ms), coefficient of variation, and percentage of
    successive ones that differ by more than 20 and 50 ms; power at high and low frequency (ms²) and their ratio.
    """
    import neurokit2

    try:
        cleaned = neurokit2.ecg_clean(ecg, sampling_rate=sample_rate)
        _, found = neurokit2.ecg_peaks(cleaned, sampling_rate=sample_rate, correct_artifacts=True)
    except FAILURES:
        return {}
    intervals = _intervals(found["ECG_R_Peaks"], sample_rate, HEARTBEAT_SECONDS)
    return _attempt(_rate_and_variability, intervals) | _attempt(_frequencies, intervals)


def eda_features(eda: np.ndarray, sample_rate: float) -> dict[str, float]:
    """Level and responses of the skin, by `eda_clean`, `eda_phasic` (high-pass), `eda_findpeaks`, `eda_peaks`.

    Of the tonic level, mean, standard deviation and slope; of the phasic part, standard deviation and maximum; of the
    skin conductance responses (SCR), number a minute, amplitude, rise time and half recovery time (s). A response is
    a peak at least a tenth as prominent as the most prominent: in a skin without any, noise and the ends of the filter
    pass for some.
    """
    import neurokit2

    try:
        cleaned = neurokit2.eda_clean(eda, sampling_rate=sample_rate)
        parts = neurokit2.eda_phasic(cleaned, sampling_rate=sample_rate)
    except FAILURES:
        return {}
    tonic, phasic = parts["EDA_Tonic"].to_numpy(), parts["EDA_Phasic"].to_numpy()
    return (
        {
            "tonic_mean": tonic.mean(),
            "tonic_std": tonic.std(),
            "tonic_slope": slope(tonic, sample_rate),
            "phasic_std": phasic.std(),
            "phasic_maximum": phasic.max(),
        }
        | _attempt(_response_rate, phasic, sample_rate)
        | _attempt(_responses, phasic, sample_rate)
    )


def rr_features(rr: np.ndarray, sample_rate: float) -> dict[str, float]:
    """Breathing rate, its variability and depth, by `rsp_clean`, `rsp_peaks`, and `hrv_time` on breaths.

    Breaths a minute; of the intervals between them, standard deviation and RMSSD (ms) and coefficient of variation;
    mean and standard deviation of the rise from trough to peak; mean share of a breath that is breathing in.
    """
    import neurokit2

    try:
        cleaned = neurokit2.rsp_clean(rr, sampling_rate=sample_rate)
        _, found = neurokit2.rsp_peaks(cleaned, sampling_rate=sample_rate)
    except FAILURES:
        return {}
    peaks, troughs = found["RSP_Peaks"], found["RSP_Troughs"]  # as many of each; the trough comes first
    depths = cleaned[peaks] - cleaned[troughs]
    inspirations = (peaks[:-1] - troughs[:-1]) / np.diff(troughs)
    return {
        "amplitude_mean": depths.mean(),
        "amplitude_std": depths.std(),
        "inspiration_share": inspirations.mean(),
    } | _attempt(_rate_and_variability, _intervals(troughs, sample_rate, BREATH_SECONDS))


EXTRACTORS = {"ecg": ecg_features, "eda": eda_features, "rr": rr_features}


def slope(signal: np.ndarray, sample_rate: float) -> float:
    """Slope of the line of least squares, in units a second."""
    seconds = np.arange(len(signal)) / sample_rate
    return np.polynomial.Polynomial.fit(seconds, signal, 1).convert().coef[-1]


def _attempt(block: Callable[..., dict[str, float]], *arguments) -> dict[str, float]:
    try:
        return block(*arguments)
    except FAILURES:
        return {}


def _intervals(
    peaks: np.ndarray, sample_rate: float, plausible: tuple[float, float]
) -> dict[str, np.ndarray]:
    """The plausible intervals between peaks (ms) and when they end (s), named as NeuroKit2 wants them."""
    times = np.asarray(peaks) / sample_rate
    seconds = np.diff(times)
    kept = (seconds >= plausible[0]) & (seconds <= plausible[1])
    return {"RRI": seconds[kept] * 1000, "RRI_Time": times[1:][kept]}


def _rate_and_variability(intervals: dict[str, np.ndarray]) -> dict[str, float]:
    import neurokit2

    measures = neurokit2.hrv_time(intervals, binsize=COARSE_BINS).iloc[0]
    rates = 60_000 / intervals["RRI"]
    return {
        "rate_mean": rates.mean(),
        "rate_std": rates.std(),
        "rate_minimum": rates.min(),
        "rate_maximum": rates.max(),
        "interval_std": measures["HRV_SDNN"],
        "interval_rmssd": measures["HRV_RMSSD"],
        "interval_variation": measures["HRV_CVNN"],
        "interval_pnn20": measures["HRV_pNN20"],
        "interval_pnn50": measures["HRV_pNN50"],
    }


def _frequencies(intervals: dict[str, np.ndarray]) -> dict[str, float]:
    import neurokit2

    seconds = np.ptp(intervals["RRI_Time"])
    powers = neurokit2.hrv_frequency(intervals, normalize=False).iloc[0]
    found = {}
    if seconds >= HIGH_FREQUENCY_SECONDS:
        found["high_frequency"] = powers["HRV_HF"]
    if seconds >= LOW_FREQUENCY_SECONDS:
        found |= {"low_frequency": powers["HRV_LF"], "low_to_high_frequency": powers["HRV_LFHF"]}
    return found


def _response_rate(phasic: np.ndarray, sample_rate: float) -> dict[str, float]:
    import neurokit2

    count = 0
    if len(
        scipy.signal.find_peaks(phasic)[0]
    ):  # NeuroKit2 looks for the highest, and fails where there is none
        count = len(neurokit2.eda_findpeaks(phasic, sampling_rate=sample_rate)["SCR_Peaks"])
    return {"scr_rate": count * 60 * sample_rate / len(phasic)}


def _responses(phasic: np.ndarray, sample_rate: float) -> dict[str, float]:
    import neurokit2

    _, found = neurokit2.eda_peaks(phasic, sampling_rate=sample_rate)
    return {
        "scr_amplitude_mean": np.nanmean(found["SCR_Amplitude"]),
        "scr_amplitude_maximum": np.nanmax(found["SCR_Amplitude"]),
        "scr_rise_time": np.nanmean(found["SCR_RiseTime"]),
        "scr_recovery_time": np.nanmean(found["SCR_RecoveryTime"]),
    }

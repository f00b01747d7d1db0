"""Standard measures of physiological signals."""

import warnings
from collections.abc import Mapping

import numpy as np
import scipy.stats

from stressid_keras.config import QualityConfig
from stressid_keras.errors import RecordingError
from stressid_keras.modalities import PHYSIOLOGICAL
from stressid_keras.preprocessing.measures import neurokit
from stressid_keras.preprocessing.signals.physiology import clean_signal

STATISTICS = ("mean", "std", "minimum", "median", "maximum", "skewness", "kurtosis", "slope")


def physiology_features(
    signals: Mapping[str, np.ndarray], sample_rate: float, quality: QualityConfig | None = None
) -> dict[str, float]:
    """Statistics of the signals, and what NeuroKit2 finds in those that it knows.

    After the features of the StressID paper (Chaptoukaev et al., NeurIPS 2023, Datasets and Benchmarks). Of every
    signal: mean, standard deviation, minimum, median, maximum, skewness, excess kurtosis and slope (units a second).
    The rest is described, with the functions of NeuroKit2 that it comes from, in `neurokit`.

    Args:
        signals: any of "ecg", "eda" and "rr", (n,) each; a few missing samples are interpolated, as preparation does.
        sample_rate: Hz.
        quality: what makes a signal unusable, as in preparation; None: its defaults.

    Returns:
        Names that begin with `ecg_`, `eda_` or `rr_`, always the same ones. What cannot be computed is NaN: all of a
        signal that is absent or that preparation would refuse (constant, too many samples missing), rate and
        variability where too few beats or breaths are found, frequencies that the recording is too short for.
    """
    quality = quality or QualityConfig()
    features = {}
    for name in PHYSIOLOGICAL:
        found = {}
        if name in signals:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # means of nothing and divisions by zero: they end as NaN
                found = _features(name, np.asarray(signals[name]), sample_rate, quality)
        for measure in measure_names(name):
            value = found.get(measure.removeprefix(f"{name}_"), np.nan)
            features[measure] = float(value) if np.isfinite(value) else np.nan
    return features


def measure_names(modality: str) -> list[str]:
    """What `physiology_features` gives of a signal, in its order."""
    return [f"{modality}_{name}" for name in (*STATISTICS, *neurokit.NAMES.get(modality, ()))]


def _features(name: str, signal: np.ndarray, sample_rate: float, quality: QualityConfig) -> dict[str, float]:
    try:
        signal = clean_signal(signal, quality, name).astype(np.float64)
    except RecordingError:
        return {}
    extract = neurokit.EXTRACTORS.get(name)
    return _statistics(signal, sample_rate) | (extract(signal, sample_rate) if extract else {})


def _statistics(signal: np.ndarray, sample_rate: float) -> dict[str, float]:
    return {
        "mean": signal.mean(),
        "std": signal.std(),
        "minimum": signal.min(),
        "median": np.median(signal),
        "maximum": signal.max(),
        "skewness": scipy.stats.skew(signal),
        "kurtosis": scipy.stats.kurtosis(signal),
        "slope": neurokit.slope(signal, sample_rate),
    }

"""Measures of a window's signal quality, and what is refused because of them."""

import dataclasses

import numpy as np

from stressid_keras.config import QualityConfig
from stressid_keras.errors import RecordingError
from stressid_keras.modalities import RECORDS

_DECIMALS = 6  # of a share, in the manifest


def settings(modality: str, config: QualityConfig) -> dict:
    """The options that decide about this modality."""
    return {
        name: value for name, value in dataclasses.asdict(config).items() if name in RECORDS[modality].limits
    }


def check(measures: dict[str, float], limits: QualityConfig, where: str) -> None:
    """Refuse shares beyond `limits.max_<measure>`.

    Raises:
        RecordingError: the first such measure, as "clip.wav: 60.0% is clipped; expected at most 50%."
    """
    for name, value in measures.items():
        most = getattr(limits, f"max_{name}")
        if value > most:
            fault = name.removesuffix("_share")
            raise RecordingError(f"{where}: {value:.1%} is {fault}; expected at most {most:.0%}.")


def share(mask: np.ndarray) -> float:
    """Share of True; 0 of nothing."""
    return round(float(mask.mean()), _DECIMALS) if len(mask) else 0.0


def silent_share(waveform: np.ndarray, block: int, silence_peak: float) -> float:
    """Share of a waveform's blocks that deviate from their own mean by less than `silence_peak`; a rest shorter than a
    block is left out."""
    blocks = waveform[: len(waveform) // block * block].reshape(-1, block)
    means = blocks.mean(axis=1, keepdims=True, dtype=np.float64)
    return share(np.abs(blocks - means).max(axis=1, initial=0.0) < silence_peak)


def flat_share(signal: np.ndarray, least: int) -> float:
    """Share of the samples that lie in runs of at least `least` equal ones; NaN equals nothing."""
    return share(flat_samples(signal, least))


def flat_samples(signal: np.ndarray, least: int) -> np.ndarray:
    """(n,) bool: which samples lie in runs of at least `least` equal ones; NaN equals nothing."""
    starts = np.flatnonzero(np.concatenate([[True], signal[1:] != signal[:-1]]))
    lengths = np.diff(np.append(starts, len(signal)))
    return np.repeat(lengths >= least, lengths)

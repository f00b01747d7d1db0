"""Hand-crafted features of a waveform."""

import numpy as np

from stressid_keras.analysis.baselines import frame_measures as measured
from stressid_keras.analysis.baselines.pitch import yin
from stressid_keras.errors import StressIDError

MFCCS = 13  # coefficients; the authors' number
DELTA_FRAMES = 9  # over which a coefficient's slope is fitted; librosa's default
CONTRAST_LOWEST = 200.0  # Hz, upper end of the lowest octave band; librosa's default
CONTRAST_BANDS = 6  # octave bands above it, where the rate leaves room for them; librosa's default
PITCH_RANGE = (65.0, 500.0)  # Hz: from a low male voice to a raised female one
PITCH_LEVEL = 0.1  # of the loudest frame's level; quieter frames are pauses and consonants, without pitch


def audio_features(waveform: np.ndarray, sample_rate: int) -> dict[str, float]:
    """Mean and standard deviation over frames of what is measured in a frame (see `frame_measures`).

    After the features of the StressID paper (Chaptoukaev et al., NeurIPS 2023, Datasets and Benchmarks): 13
    mel-frequency cepstral coefficients with first and second differences, zero-crossing rate, spectral centroid,
    bandwidth, contrast, flatness and roll-off (85 %), and tonnetz; here also level, chroma and pitch (YIN, de
    Cheveigné & Kawahara 2002, DOI 10.1121/1.1458024). Unlike there, pauses are kept, the tonnetz is that of the
    short-time Fourier transform, and the tempogram, a measure of music's rhythm, is left out.

    Args:
        waveform: (n,) float32, full scale 1.
        sample_rate: Hz.

    Returns:
        `audio_<measure>_mean` and `audio_<measure>_std`: the same names for every waveform of this rate. Frequencies
        are in Hz. What no frame has is NaN: the differences of less than 9 frames, the pitch of silence.

    Raises:
        StressIDError: no samples, more than one channel, or samples that are not finite.
    """
    waveform = np.asarray(waveform, dtype=np.float32)
    if waveform.ndim != 1 or len(waveform) == 0 or not np.isfinite(waveform).all():
        raise StressIDError(
            f"a waveform has shape {waveform.shape} and {np.sum(~np.isfinite(waveform))} samples that are not "
            "finite; expected one channel of at least one sample, all finite."
        )
    features = {}
    for name, frames in _measures(waveform, sample_rate).items():
        known = frames[np.isfinite(frames)]
        features[f"audio_{name}_mean"] = float(known.mean()) if len(known) else np.nan
        features[f"audio_{name}_std"] = float(known.std()) if len(known) else np.nan
    return features


def _measures(waveform: np.ndarray, sample_rate: int) -> dict[str, np.ndarray]:
    """Name → (frames,) of every measure."""
    waveform = np.pad(waveform.astype(np.float64), (0, max(0, measured.FRAME - len(waveform))))
    magnitude = measured.magnitudes(waveform)
    level = measured.levels(waveform)
    mfcc = measured.mel_cepstrum(magnitude, sample_rate, MFCCS)
    chroma = measured.chroma(magnitude, sample_rate)
    contrast = measured.contrasts(magnitude, sample_rate, CONTRAST_LOWEST, _contrast_bands(sample_rate))
    return {
        "level": level,
        "zero_crossing_rate": measured.zero_crossing_rates(waveform),
        "centroid": measured.centroids(magnitude, sample_rate),
        "bandwidth": measured.bandwidths(magnitude, sample_rate),
        "flatness": measured.flatnesses(magnitude),
        "rolloff": measured.rolloffs(magnitude, sample_rate),
        "pitch": _pitch(waveform, sample_rate, level),
        **_numbered("mfcc", mfcc),
        **_numbered("mfcc_delta", _slopes(mfcc, 1)),
        **_numbered("mfcc_delta_delta", _slopes(mfcc, 2)),
        **_numbered("contrast", contrast),
        **_numbered("chroma", chroma),
        **_numbered("tonnetz", measured.tonnetz(chroma)),
    }


def _numbered(name: str, columns: np.ndarray) -> dict[str, np.ndarray]:
    return {f"{name}_{number}": column for number, column in enumerate(columns.T)}


def _contrast_bands(sample_rate: int) -> int:
    """Number of bands: as many octaves above the lowest band as begin below half the sample rate."""
    return min(CONTRAST_BANDS, int(np.ceil(np.log2(sample_rate / 2 / CONTRAST_LOWEST))))


def _slopes(columns: np.ndarray, order: int) -> np.ndarray:
    if len(columns) < DELTA_FRAMES:
        return np.full_like(columns, np.nan)
    return measured.slopes(columns, DELTA_FRAMES, order)


def _pitch(waveform: np.ndarray, sample_rate: int, level: np.ndarray) -> np.ndarray:
    """(frames,) Hz, NaN where the frame is too quiet to be voiced."""
    if level.max() == 0:
        return np.full(len(level), np.nan)
    return np.where(level >= PITCH_LEVEL * level.max(), yin(waveform, sample_rate, *PITCH_RANGE), np.nan)

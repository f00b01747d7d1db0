"""Hand-crafted features of a waveform, by librosa."""

import warnings

import numpy as np

from stressid_keras.errors import StressIDError

FRAME = 2048  # samples of a frame; librosa's default, which the paper's authors left as it is
HOP = 512  # samples between frames; likewise
MFCCS = 13  # coefficients; the authors' number
DELTA_FRAMES = 9  # over which a coefficient's slope is fitted; librosa's default
CONTRAST_LOWEST = 200.0  # Hz, upper end of the lowest octave band; librosa's default
CONTRAST_BANDS = 6  # octave bands above it, where the rate leaves room for them; librosa's default
PITCH_RANGE = (65.0, 500.0)  # Hz: from a low male voice to a raised female one
PITCH_LEVEL = 0.1  # of the loudest frame's level; quieter frames are pauses and consonants, without pitch


def audio_features(waveform: np.ndarray, sample_rate: int) -> dict[str, float]:
    """Mean and standard deviation over frames of what librosa measures in a frame.

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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa warns of short and of silent input; both are meant here
        measures = _measures(waveform, sample_rate)
    features = {}
    for name, frames in measures.items():
        known = frames[np.isfinite(frames)].astype(np.float64)
        features[f"audio_{name}_mean"] = float(known.mean()) if len(known) else np.nan
        features[f"audio_{name}_std"] = float(known.std()) if len(known) else np.nan
    return features


def _measures(waveform: np.ndarray, sample_rate: int) -> dict[str, np.ndarray]:
    """Name → (frames,) of every measure."""
    import librosa

    waveform = librosa.util.fix_length(waveform, size=max(FRAME, len(waveform)))
    magnitude = np.abs(librosa.stft(waveform, n_fft=FRAME, hop_length=HOP))
    frames = {"S": magnitude, "sr": sample_rate}
    level = librosa.feature.rms(y=waveform, frame_length=FRAME, hop_length=HOP)[0]
    crossings = librosa.feature.zero_crossing_rate(waveform, frame_length=FRAME, hop_length=HOP)[0]
    mel = librosa.feature.melspectrogram(S=magnitude**2, sr=sample_rate)
    mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=MFCCS)
    chroma = librosa.feature.chroma_stft(
        S=magnitude**2, sr=sample_rate, tuning=0.0
    )  # a voice is in no tuning
    contrast = librosa.feature.spectral_contrast(
        **frames, fmin=CONTRAST_LOWEST, n_bands=_contrast_bands(sample_rate)
    )
    return {
        "level": level,
        "zero_crossing_rate": crossings,
        "centroid": librosa.feature.spectral_centroid(**frames)[0],
        "bandwidth": librosa.feature.spectral_bandwidth(**frames)[0],
        "flatness": librosa.feature.spectral_flatness(S=magnitude)[0],
        "rolloff": librosa.feature.spectral_rolloff(**frames)[0],
        "pitch": _pitch(waveform, sample_rate, level),
        **_numbered("mfcc", mfcc),
        **_numbered("mfcc_delta", _slopes(mfcc, 1)),
        **_numbered("mfcc_delta_delta", _slopes(mfcc, 2)),
        **_numbered("contrast", contrast),
        **_numbered("chroma", chroma),
        **_numbered("tonnetz", librosa.feature.tonnetz(chroma=chroma)),
    }


def _numbered(name: str, rows: np.ndarray) -> dict[str, np.ndarray]:
    return {f"{name}_{number}": row for number, row in enumerate(rows)}


def _contrast_bands(sample_rate: int) -> int:
    """As many octaves above the lowest band as begin below half the sample rate."""
    return min(CONTRAST_BANDS, int(np.ceil(np.log2(sample_rate / 2 / CONTRAST_LOWEST))))


def _slopes(rows: np.ndarray, order: int) -> np.ndarray:
    import librosa

    if rows.shape[1] < DELTA_FRAMES:
        return np.full_like(rows, np.nan)
    return librosa.feature.delta(rows, width=DELTA_FRAMES, order=order)


def _pitch(waveform: np.ndarray, sample_rate: int, level: np.ndarray) -> np.ndarray:
    """(frames,) Hz, NaN where the frame is too quiet to be voiced."""
    import librosa

    if level.max() == 0:
        return np.full(len(level), np.nan)
    low, high = PITCH_RANGE
    pitch = librosa.yin(waveform, fmin=low, fmax=high, sr=sample_rate, frame_length=FRAME, hop_length=HOP)
    return np.where(level >= PITCH_LEVEL * level.max(), pitch, np.nan)

"""Waveforms and their log-mel spectrograms."""

from pathlib import Path

import numpy as np
import scipy.fft
import scipy.signal

from stressid_keras.config import AudioConfig, QualityConfig
from stressid_keras.errors import RecordingError
from stressid_keras.mel import mel_bands
from stressid_keras.sound_files import read_sound

AMIN = 1e-10  # least power, before the logarithm; librosa's
FRAME_BLOCK = 64  # frames at a time: what is between waveform and mel bands then stays in the cache
MEL_BLOCK = 16  # mel bands at a time: few products, and each leaves out most of the filterbank's zeros


def load_waveform(
    path: Path, sample_rate: int, silence_peak: float = QualityConfig.silence_peak
) -> np.ndarray:
    """Read a sound file as mono at the given rate, without trailing digital silence.

    Args:
        path: any file that libsndfile reads, of any rate, bit depth and number of channels.
        sample_rate: Hz of the result; resampled with soxr (HQ) if the file's differs.
        silence_peak: peak, of full scale 1, below which the waveform is refused as silent.

    Returns:
        (n,) float32 in [-1, 1], channels averaged.

    Raises:
        RecordingError: empty, truncated, not audio, without samples, with NaN or infinite samples, or silent.
    """
    return load_waveform_and_clipping(path, sample_rate, silence_peak)[0]


def load_waveform_and_clipping(
    path: Path,
    sample_rate: int,
    silence_peak: float = QualityConfig.silence_peak,
    clip_peak: float = QualityConfig.clip_peak,
) -> tuple[np.ndarray, np.ndarray, int]:
    """As `load_waveform`, and which samples of the file were clipped in any channel: (m,) bool, and their rate."""
    path = Path(path)
    samples, rate = read_sound(path)
    clipped = (np.abs(samples) >= clip_peak).any(axis=1)
    waveform = samples.mean(axis=1)
    if not np.isfinite(waveform).all():
        raise RecordingError(f"{path.name} holds NaN or infinite samples; expected finite ones.")
    check_not_silent(waveform, silence_peak, path.name)
    waveform = trim_trailing_zeros(waveform)
    if rate != sample_rate:
        import soxr

        waveform = soxr.resample(waveform, rate, sample_rate, quality="HQ")
    # Dividing, not clipping: the log-mel does not see a gain, but it does see clipped peaks.
    return (waveform / max(1.0, np.abs(waveform).max(initial=0.0))).astype(np.float32), clipped, rate


def log_mel(waveform: np.ndarray, config: AudioConfig) -> np.ndarray:
    """Log-mel spectrogram relative to the waveform's loudest time-frequency point, `top_db` mapped to [0, 1].

    Relative to the maximum, because a recording's gain (microphone, distance) then leaves no trace, and
    because the reference comes from the window alone: a graph that gets one window on a device computes
    the same value, which it could not from a corpus statistic or from the rest of the recording.

    Args:
        waveform: (n,) float32 at `config.sample_rate`.

    Returns:
        (T, n_mels) float32 in [0, 1], T = 1 + n // hop_length: Slaney mel bands of the centred, zero-padded
        power spectrogram, as `librosa.feature.melspectrogram` and `librosa.power_to_db` compute them.
    """
    mel = _mel_spectrogram(waveform, config)
    decibel = np.log10(np.maximum(mel, AMIN, out=mel), out=mel)
    decibel *= 10
    decibel += config.top_db - decibel.max()
    decibel /= config.top_db
    return np.maximum(decibel, 0, out=decibel)


def trim_trailing_zeros(waveform: np.ndarray) -> np.ndarray:
    """The waveform up to its last sample that is not exactly zero.

    Such a tail is padding, not sound: the exported model takes trailing digital zeros for the padding of a
    short input, so preparation must do the same or the two would see different lengths.
    """
    sound = np.flatnonzero(waveform)
    return waveform[: sound[-1] + 1] if len(sound) else waveform[:0]


def _mel_spectrogram(waveform: np.ndarray, config: AudioConfig) -> np.ndarray:
    """Mel bands of the power of the centred, zero-padded frames under a periodic Hann window, (T, n_mels)."""
    padded = np.pad(np.asarray(waveform, dtype=np.float32), config.n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, config.n_fft)[:: config.hop_length]
    hann = scipy.signal.get_window("hann", config.n_fft).astype(np.float32)
    blocks = mel_bands(config.sample_rate, config.n_fft, config.n_mels, MEL_BLOCK)
    mel = np.empty((len(frames), config.n_mels), np.float32)
    windowed = np.empty(
        (FRAME_BLOCK, config.n_fft), np.float32
    )  # new memory for every block costs more than sums
    powers = np.empty((FRAME_BLOCK, config.n_fft // 2 + 1), np.float32)
    for first in range(0, len(frames), FRAME_BLOCK):
        rows = slice(first, min(first + FRAME_BLOCK, len(frames)))
        count = rows.stop - first
        spectra = scipy.fft.rfft(np.multiply(frames[rows], hann, out=windowed[:count]), overwrite_x=True)
        parts = spectra.view(np.float32)  # real and imaginary in turns
        np.square(parts, out=parts)
        power = np.add(parts[:, ::2], parts[:, 1::2], out=powers[:count])
        for frequencies, bands, weights in blocks:
            np.matmul(power[:, frequencies], weights, out=mel[rows, bands])
    return mel


def check_not_silent(waveform: np.ndarray, silence_peak: float, where: str) -> None:
    peak = float(np.abs(waveform).max(initial=0.0))
    if peak < silence_peak:
        raise RecordingError(f"{where} is silent: peak {peak:.1e}; expected at least {silence_peak:.1e}.")

"""Waveforms and their log-mel spectrograms."""

import functools
from pathlib import Path

import numpy as np
import scipy.fft
import scipy.signal

from stressid_keras.config import AudioConfig, QualityConfig
from stressid_keras.dataset.recording import WHOLE, Part
from stressid_keras.errors import RecordingError
from stressid_keras.media.mel import mel_bands
from stressid_keras.media.sound.sound_files import Sound, read_recording
from stressid_keras.media.sound.waveform import (
    peak_deviation,
    trim_padding,
    within_full_scale,
    without_offset,
)
from stressid_keras.preprocessing.file_stamp import file_stamp

AMIN = 1e-10  # least power, before the logarithm; librosa's
FRAME_BLOCK = 64  # frames at a time: what is between waveform and mel bands then stays in the cache
MEL_BLOCK = 16  # mel bands at a time: few products, and each leaves out most of the filterbank's zeros


def load_waveform(
    path: Path, sample_rate: int, silence_peak: float = QualityConfig.silence_peak, part: Part = WHOLE
) -> np.ndarray:
    """Read a sound file, or a part of it, as mono at the given rate, without padding at its end.

    Args:
        path: any file that `sound_files.read_recording` reads.
        sample_rate: Hz of the result; resampled with soxr (HQ) if the file's differs.
        silence_peak: largest distance from the mean, of full scale 1, below which the waveform is refused as silent.
        part: what of the file is the recording.

    Returns:
        (n,) float32 in [-1, 1], channels averaged.

    Raises:
        RecordingError: as `read_recording` and `Part.span`; silent, or channels that cancel each other.
    """
    return load_waveform_and_clipping(path, sample_rate, silence_peak, part=part)[0]


def load_waveform_and_clipping(
    path: Path,
    sample_rate: int,
    silence_peak: float = QualityConfig.silence_peak,
    clip_peak: float = QualityConfig.clip_peak,
    max_seconds: float = QualityConfig.max_seconds,
    part: Part = WHOLE,
) -> tuple[np.ndarray, np.ndarray, int]:
    """As `load_waveform`, and which samples of the file were clipped in any channel: (m,) bool, and their rate."""
    path = Path(path)
    sound = (
        _shared_sound(path, file_stamp(path), clip_peak, max_seconds)
        if part.shared
        else read_recording(path, clip_peak, max_seconds)
    )
    if peak_deviation(sound.waveform) < silence_peak <= sound.loudest_channel:
        raise RecordingError(
            f"{path.name} has channels that cancel each other: one has a peak of {sound.loudest_channel:.1e}, their "
            f"mean of {peak_deviation(sound.waveform):.1e}; expected one of them alone."
        )
    start, end = part.span(len(sound.waveform) / sound.rate, path.name)
    wanted = slice(round(start * sound.rate), round(end * sound.rate))
    waveform, clipped = sound.waveform[wanted], sound.clipped[wanted]
    check_not_silent(waveform, silence_peak, path.name)
    waveform = trim_padding(waveform)
    if sound.rate != sample_rate:
        import soxr

        waveform = soxr.resample(waveform, sound.rate, sample_rate, quality="HQ")
    return within_full_scale(waveform), clipped, sound.rate


@functools.lru_cache(maxsize=1)  # recordings may lie in one file, after each other
def _shared_sound(path: Path, stamp: tuple[int, ...], clip_peak: float, max_seconds: float) -> Sound:
    sound = read_recording(path, clip_peak, max_seconds)
    for samples in (sound.waveform, sound.clipped):
        samples.setflags(write=False)  # they are the next recording's, too
    return sound


def log_mel(waveform: np.ndarray, config: AudioConfig) -> np.ndarray:
    """Log-mel spectrogram relative to the waveform's loudest time-frequency point, `top_db` mapped to [0, 1].

    A constant offset leaves no trace: the mean is taken off first, over the samples given, so padding must have been
    trimmed. Relative to the maximum, because a recording's gain (microphone, distance) then leaves no trace, and
    because the reference comes from the window alone: a graph that gets one window on a device computes
    the same value, which it could not from a corpus statistic or from the rest of the recording.

    Args:
        waveform: (n,) float32 at `config.sample_rate`.

    Returns:
        (T, n_mels) float32 in [0, 1], T = 1 + n // hop_length: Slaney mel bands of the centred, zero-padded
        power spectrogram, as `librosa.feature.melspectrogram` and `librosa.power_to_db` compute them.

    Raises:
        RecordingError: samples that are not finite, or so large that their powers are not.
    """
    mel = _mel_spectrogram(without_offset(waveform), config)
    if not np.isfinite(mel).all():
        raise RecordingError(
            "a waveform holds samples that are not finite or far beyond full scale 1; expected sound."
        )
    return decibel_share(mel, config.top_db)


def decibel_share(power: np.ndarray, top_db: float) -> np.ndarray:
    """Powers, which are overwritten, in decibels: the greatest becomes 1, and 0 what is `top_db` or more below it."""
    decibel = np.log10(np.maximum(power, AMIN, out=power), out=power)
    decibel *= 10
    decibel += top_db - decibel.max()
    decibel /= top_db
    return np.maximum(decibel, 0, out=decibel)


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
    """
    Raises:
        RecordingError: no sample deviates from the waveform's mean by at least `silence_peak`.
    """
    peak = peak_deviation(waveform)
    if not peak >= silence_peak:
        raise RecordingError(
            f"{where} is silent: peak {peak:.1e} around its mean; expected at least {silence_peak:.1e}."
        )

"""The speech encoder's front end: waveform in, frames of mel power out."""

import numpy as np

from stressid_keras.errors import StressIDError
from stressid_keras.media.mel import mel_filterbank
from stressid_keras.media.speech.settings import HOP_LENGTH, LEVEL, N_FFT, N_MELS, SAMPLE_RATE, SILENCE


def speech_frames(waveform: np.ndarray) -> np.ndarray:
    """Mel power, not its logarithm, of a Hann-windowed short-time Fourier transform of frames centred on every hop.

    Speech below `LEVEL` is raised to it first. `layers.SpeechFrames` computes the same in a graph.

    Args:
        waveform: (n,) mono at `SAMPLE_RATE`, full scale 1.

    Returns:
        (n // HOP_LENGTH + 1, N_MELS) float32.

    Raises:
        StressIDError: it has another shape, or samples that are not finite.
    """
    waveform = np.asarray(waveform, dtype=np.float32)
    if waveform.ndim != 1 or not np.isfinite(waveform).all():
        raise StressIDError(
            f"a waveform has shape {waveform.shape} and {np.sum(~np.isfinite(waveform))} samples that are not "
            "finite; expected one channel, all finite."
        )
    padded = np.pad(waveform * _gain(waveform), N_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP_LENGTH]
    spectrum = np.fft.rfft(frames * np.hanning(N_FFT + 1)[:-1].astype(np.float32), axis=1)
    power = (np.square(spectrum.real) + np.square(spectrum.imag)).astype(np.float32)
    return power @ mel_filterbank(SAMPLE_RATE, N_FFT, N_MELS)


def _gain(waveform: np.ndarray) -> np.float32:
    mean_square = np.square(waveform, dtype=np.float64).mean() if len(waveform) else 0.0
    return np.float32(max(1.0, 10 ** (LEVEL / 20) / (np.sqrt(mean_square) + SILENCE)))

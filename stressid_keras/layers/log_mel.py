"""The front end of the deployed model: waveform in, log-mel spectrogram out, as preparation computes it."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from stressid_keras.layers.hops import cut_hops, hop_starts, true_length, without_offset
from stressid_keras.layers.registration import register
from stressid_keras.media.mel import mel_bands


@register
class LogMel(keras.layers.Layer):
    """Log-mel spectrogram of a waveform, equal to `preprocessing.audio.log_mel` to a few ten-thousandths.

    Slaney mel filters on the power of a Hann-windowed, zero-padded short-time Fourier transform; decibels below
    the window's loudest point, cut at `top_db` and scaled to [0, 1]. Digital zeros at the end, and samples before them
    that do not change, count as padding: preparation drops them, here the frames beyond them are set to zero and left
    out of the size, so a short recording in a long buffer scores as if it were alone. The mean of the true samples is
    taken off first, so that a constant offset leaves no trace.

    Args:
        sample_rate: Hz.
        n_fft: samples of a frame, a multiple of `hop_length`.
        hop_length: samples from one frame to the next.
        n_mels: number of mel bands.
        top_db: dynamic range in dB.

    Shapes: (B, samples) in [-1, 1] → log-mel (B, T, n_mels, 1) and true size (B, 2), T = samples // hop + 1.
    """

    AMIN = 1e-10  # librosa's floor under a power, before the logarithm
    MEL_BLOCK = 16  # mel bands of a product: few products, and an exported file without most of the zeros

    def __init__(
        self, sample_rate: int, n_fft: int, hop_length: int, n_mels: int, top_db: float, **kwargs: Any
    ):
        super().__init__(**kwargs)
        if n_fft % hop_length:
            raise ValueError(f"n_fft must be a multiple of hop_length; got {n_fft} and {hop_length}.")
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.n_mels = n_mels
        self.top_db = top_db

    def build(self, input_shape: Any) -> None:
        self._hann = np.hanning(self.n_fft + 1)[:-1].astype("float32")  # periodic, as librosa's
        self._bands = mel_bands(self.sample_rate, self.n_fft, self.n_mels, self.MEL_BLOCK)
        self.built = True

    def call(self, waveform: Any) -> tuple[Any, Any]:
        frame_count = waveform.shape[1] // self.hop_length + 1
        hops = cut_hops(waveform, self.hop_length)
        length = true_length(hops)
        centred = ops.reshape(without_offset(hops, length), (-1, hops.shape[1] * self.hop_length))
        power = self._power(centred[:, : waveform.shape[1]], frame_count)
        inside = ops.cast(
            hop_starts(frame_count, self.hop_length) <= length, "float32"
        )  # frames whose centre is not past the end
        mask = ops.expand_dims(inside, -1)
        blocks = [ops.matmul(power[:, :, span], weights) for span, _, weights in self._bands]
        mel = ops.concatenate(blocks, axis=-1) * mask
        log_mel = self._scaled_decibels(mel) * mask
        frames = ops.cast(ops.sum(inside, axis=1, keepdims=True), "int32")
        size = ops.concatenate([frames, ops.full_like(frames, self.n_mels)], axis=1)
        return ops.expand_dims(log_mel, -1), size

    def _power(self, waveform, frame_count):
        """Power spectra (B, T, n_fft // 2 + 1) of overlapping frames, cut by reshaping into hops."""
        hops_per_frame = self.n_fft // self.hop_length
        hop_count = frame_count + hops_per_frame - 1
        before = self.n_fft // 2
        after = hop_count * self.hop_length - before - waveform.shape[1]
        # A buffer that ends in mid-hop can reach past the last whole frame: those samples are in no frame.
        padded = ops.pad(waveform, [(0, 0), (before, max(after, 0))])[:, : hop_count * self.hop_length]
        hops = ops.reshape(padded, (-1, hop_count, self.hop_length))
        parts = [hops[:, first : first + frame_count] for first in range(hops_per_frame)]
        real, imaginary = ops.rfft(ops.multiply(ops.concatenate(parts, axis=-1), self._hann))
        return ops.square(real) + ops.square(imaginary)

    def _scaled_decibels(self, mel):
        decibels = (10.0 / math.log(10.0)) * ops.log(ops.maximum(mel, self.AMIN))
        loudest = ops.max(decibels, axis=(1, 2), keepdims=True)
        return ops.maximum(decibels - loudest + self.top_db, 0.0) / self.top_db

    def compute_output_shape(self, input_shape: Any) -> tuple[tuple, tuple]:
        frames = input_shape[1] // self.hop_length + 1
        return (input_shape[0], frames, self.n_mels, 1), (input_shape[0], 2)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "sample_rate": self.sample_rate,
            "n_fft": self.n_fft,
            "hop_length": self.hop_length,
            "n_mels": self.n_mels,
            "top_db": self.top_db,
        }

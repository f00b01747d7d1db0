"""The front end of the deployed model: waveform in, log-mel spectrogram out, as preparation computes it."""

import math

import keras
import numpy as np
from keras import ops

from stressid_keras.layers.registration import register
from stressid_keras.mel import mel_filterbank


@register
class LogMel(keras.layers.Layer):
    """Log-mel spectrogram of a waveform, equal to `preprocessing.audio.log_mel`.

    Slaney mel filters on the power of a Hann-windowed, zero-padded short-time Fourier transform; decibels below
    the window's loudest point, cut at `top_db` and scaled to [0, 1]. Digital zeros at the end count as padding:
    preparation drops them, here the frames beyond them are set to zero and left out of the size, so a short
    recording in a long buffer scores as if it were alone.

    Args:
        sample_rate: Hz.
        n_fft: samples of a frame, a multiple of `hop_length`.
        hop_length: samples from one frame to the next.
        n_mels: number of mel bands.
        top_db: dynamic range in dB.

    Shapes: (B, samples) in [-1, 1] → log-mel (B, T, n_mels, 1) and true size (B, 2), T = samples // hop + 1.
    """

    AMIN = 1e-10  # librosa's floor under a power, before the logarithm

    def __init__(self, sample_rate, n_fft, hop_length, n_mels, top_db, **kwargs):
        super().__init__(**kwargs)
        if n_fft % hop_length:
            raise ValueError(f"n_fft must be a multiple of hop_length; got {n_fft} and {hop_length}.")
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.n_mels = n_mels
        self.top_db = top_db

    def build(self, input_shape):
        self._hann = np.hanning(self.n_fft + 1)[:-1].astype("float32")  # periodic, as librosa's
        self._mel = mel_filterbank(self.sample_rate, self.n_fft, self.n_mels)
        self.built = True

    def call(self, waveform):
        frame_count = waveform.shape[1] // self.hop_length + 1
        power = self._power(waveform, frame_count)
        last = self._last_true_frame(waveform, frame_count)
        inside = ops.cast(ops.arange(frame_count, dtype="float32")[None] <= last, "float32")
        mask = ops.expand_dims(inside, -1)
        mel = ops.matmul(power, self._mel) * mask
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

    def _last_true_frame(self, waveform, frame_count):
        """Index (B, 1) of the last frame whose centre is not past the end, n // hop_length for n true samples.

        n is at least t · hop_length if a sample that is not zero lies at index t · hop_length - 1 or later, so
        blocks are cut one sample early and the last block that sounds is the last frame.
        """
        after = frame_count * self.hop_length - waveform.shape[1] - 1
        blocks = ops.reshape(ops.pad(waveform, [(0, 0), (1, after)]), (-1, frame_count, self.hop_length))
        sounds = ops.cast(ops.not_equal(ops.max(ops.abs(blocks), axis=-1), 0.0), "float32")
        return ops.max(sounds * ops.arange(frame_count, dtype="float32")[None], axis=1, keepdims=True)

    def _scaled_decibels(self, mel):
        decibels = (10.0 / math.log(10.0)) * ops.log(ops.maximum(mel, self.AMIN))
        loudest = ops.max(decibels, axis=(1, 2), keepdims=True)
        return ops.maximum(decibels - loudest + self.top_db, 0.0) / self.top_db

    def compute_output_shape(self, input_shape):
        frames = input_shape[1] // self.hop_length + 1
        return (input_shape[0], frames, self.n_mels, 1), (input_shape[0], 2)

    def get_config(self):
        return {
            **super().get_config(),
            "sample_rate": self.sample_rate,
            "n_fft": self.n_fft,
            "hop_length": self.hop_length,
            "n_mels": self.n_mels,
            "top_db": self.top_db,
        }

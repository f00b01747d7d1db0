"""The speech encoder's front end in the graph: waveform in, frames of mel power out."""

import keras
import numpy as np
from keras import ops

from stressid_keras.layers.factored_spectrum import FactoredSpectrum
from stressid_keras.layers.registration import register
from stressid_keras.media.spectrum_order import ordered_filterbank
from stressid_keras.media.speech.settings import HOP_LENGTH, LEVEL, N_FFT, N_MELS, SAMPLE_RATE, SILENCE


@register
class SpeechFrames(keras.layers.Layer):
    """Mel power of a waveform raised to a level, equal to `media.speech.speech_frames`.

    Slaney mel filters on the power of a Hann-windowed, zero-padded short-time Fourier transform; no logarithm. The
    level is that of the true samples, and what lies beyond them is not looked at, so padding does not matter.

    Args:
        sample_rate: Hz.
        n_fft: samples of a frame, a product of two integers above 1.
        hop_length: samples from one frame to the next, at most `n_fft`.
        n_mels: number of mel bands.
        level: dB of full scale, root mean square, to which a quieter waveform is raised.

    Shapes: waveform (B, samples) in [-1, 1], true samples int (B, 1) → power (B, T, n_mels), zero beyond the true
    frames, and true frames int32 (B, 1); T = samples // hop_length + 1.
    """

    def __init__(
        self,
        sample_rate=SAMPLE_RATE,
        n_fft=N_FFT,
        hop_length=HOP_LENGTH,
        n_mels=N_MELS,
        level=LEVEL,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})  # power spans more than float16 does
        if not 0 < hop_length <= n_fft:
            raise ValueError(f"hop_length is {hop_length} and n_fft {n_fft}; expected from 1 to n_fft.")
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.n_mels = n_mels
        self.level = level
        self._spectrum = FactoredSpectrum(n_fft)

    def build(self, waveform_shape, samples_shape):
        if len(waveform_shape) != 2 or tuple(samples_shape[1:]) != (1,):
            raise ValueError(
                f"waveform and true samples have the shapes {tuple(waveform_shape)} and {tuple(samples_shape)}; "
                "expected (B, samples) and (B, 1)."
            )
        self._hann = np.hanning(self.n_fft + 1)[:-1].astype("float32")  # periodic, as librosa's
        self._filters = ordered_filterbank(self.sample_rate, self.n_fft, self.n_mels)
        self.built = True

    def call(self, waveform, samples):
        length = ops.cast(samples, "int32")
        hops = self._hops(ops.cast(waveform, self.compute_dtype), length)
        mel = ops.matmul(self._spectrum.power(self._frames(hops)), self._filters)
        frames = length // self.hop_length + 1
        inside = ops.arange(ops.shape(mel)[1], dtype="int32")[None] < frames
        return mel * ops.expand_dims(ops.cast(inside, mel.dtype), 2), frames

    def _hops(self, waveform, length):
        """The raised waveform in pieces of a hop (B, hops, hop_length), so many that every frame has its last sample;
        the first frame is centred on the first sample."""
        hop, before = self.hop_length, self.n_fft // 2
        samples = ops.shape(waveform)[1]
        hop_count = samples // hop + 1 + -(-self.n_fft // hop)
        after = hop_count * hop - before - samples
        hops = ops.reshape(ops.pad(waveform, [(0, 0), (before, after)]), (-1, hop_count, hop))
        # Places are counted in hops and within them: a number for every sample would double the exported file.
        starts = ops.arange(hop_count, dtype="int32")[None, :, None] * hop - before
        inside = ops.arange(hop, dtype="int32")[None, None] < ops.expand_dims(length, 2) - starts
        hops = ops.where(inside, hops, 0.0)
        # Sums in two stages, for float32 would keep few digits of one long sum.
        total = ops.sum(ops.sum(ops.square(hops), axis=2), axis=1)[:, None, None]
        count = ops.cast(ops.maximum(length, 1), hops.dtype)
        level = ops.sqrt(total / ops.expand_dims(count, 2)) + SILENCE
        return hops * ops.maximum(10 ** (self.level / 20) / level, 1.0)

    def _frames(self, hops):
        """(B, T, n_fft), each under a Hann window."""
        hops_per_frame = -(-self.n_fft // self.hop_length)
        frame_count = ops.shape(hops)[1] - hops_per_frame
        parts = [
            hops[:, first : first + frame_count, : self.n_fft - first * self.hop_length]
            for first in range(hops_per_frame)
        ]
        return ops.multiply(ops.concatenate(parts, axis=-1), self._hann)

    def compute_output_shape(self, waveform_shape, samples_shape):
        samples = waveform_shape[1]
        frames = None if samples is None else samples // self.hop_length + 1
        return (waveform_shape[0], frames, self.n_mels), (waveform_shape[0], 1)

    def compute_output_spec(self, waveform, samples):
        power, frames = self.compute_output_shape(waveform.shape, samples.shape)
        return keras.KerasTensor(power, self.compute_dtype), keras.KerasTensor(frames, "int32")

    def get_config(self):
        return {
            **super().get_config(),
            "sample_rate": self.sample_rate,
            "n_fft": self.n_fft,
            "hop_length": self.hop_length,
            "n_mels": self.n_mels,
            "level": self.level,
        }

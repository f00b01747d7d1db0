"""The speech encoder's front end in the graph: waveform in, frames of mel power out."""

import keras
import numpy as np
from keras import ops

from stressid_keras.layers.registration import register
from stressid_keras.media.mel import mel_filterbank
from stressid_keras.media.speech.settings import HOP_LENGTH, LEVEL, N_FFT, N_MELS, SAMPLE_RATE, SILENCE


@register
class SpeechFrames(keras.layers.Layer):
    """Mel power of a waveform raised to a level, equal to `media.speech.speech_frames`.

    Slaney mel filters on the power of a Hann-windowed, zero-padded short-time Fourier transform; no logarithm. The
    level is that of the true samples, and what lies beyond them is not looked at, so padding does not matter.

    The length of a frame need not be a power of two, as LiteRT's own transform wants it: it is split in two factors
    (Cooley & Tukey, "An algorithm for the machine calculation of complex Fourier series", 1965), each a product with a
    small matrix, where one product would add a tenth to the exported file.

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
        if _factor(n_fft) == 1:
            raise ValueError(f"n_fft is {n_fft}; expected a product of two integers above 1.")
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.n_mels = n_mels
        self.level = level

    def build(self, waveform_shape, samples_shape):
        if len(waveform_shape) != 2 or tuple(samples_shape[1:]) != (1,):
            raise ValueError(
                f"waveform and true samples have the shapes {tuple(waveform_shape)} and {tuple(samples_shape)}; "
                "expected (B, samples) and (B, 1)."
            )
        self._hann = np.hanning(self.n_fft + 1)[:-1].astype("float32")  # periodic, as librosa's
        self._within, self._twiddle, self._across = _transform(self.n_fft)
        self._filters = _filters(self.sample_rate, self.n_fft, self.n_mels)
        self.built = True

    def call(self, waveform, samples):
        length = ops.cast(samples, "int32")
        hops = self._hops(ops.cast(waveform, self.compute_dtype), length)
        mel = ops.matmul(self._power(hops), self._filters)
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

    def _power(self, hops):
        """(B, T, k1 · k2), the spectrum in the order in which the two factors give it."""
        frame_count = ops.shape(hops)[1] - -(-self.n_fft // self.hop_length)
        parts = [
            hops[:, first : first + frame_count, : self.n_fft - first * self.hop_length]
            for first in range(-(-self.n_fft // self.hop_length))
        ]
        frames = ops.multiply(ops.concatenate(parts, axis=-1), self._hann)
        rows, columns = self._twiddle.shape[1:]
        within = ops.reshape(frames, (-1, self.n_fft // rows, rows))
        within = ops.matmul(ops.transpose(within, (0, 2, 1)), self._within)  # (B · T, rows, 2 · columns)
        real, imaginary = within[..., :columns], within[..., columns:]
        cosine, sine = map(ops.convert_to_tensor, self._twiddle)
        turned = [real * cosine + imaginary * sine, imaginary * cosine - real * sine]
        turned = ops.transpose(ops.concatenate(turned, axis=1), (0, 2, 1))  # (B · T, columns, 2 · rows)
        across = ops.square(ops.matmul(turned, self._across))
        power = across[..., :rows] + across[..., rows:]
        return ops.reshape(power, (-1, frame_count, rows * columns))

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


def _factor(n_fft: int) -> int:
    """The greatest divisor up to the square root."""
    return max(n for n in range(1, int(n_fft**0.5) + 1) if n_fft % n == 0)


def _transform(n_fft: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The transform of a real frame x[n], n = rows · n1 + n2, at frequencies k = first · k2 + k1, as matrices.

    Over n1: (first, 2 · columns), real and imaginary; only the k1 up to half of first are asked for, for the rest
    mirrors them. Cosine and sine between the two stages: (2, rows, columns). Over n2: (2 · rows, 2 · rows).
    """
    first = _factor(n_fft)
    rows, columns = n_fft // first, first // 2 + 1
    within = 2 * np.pi / first * np.outer(np.arange(first), np.arange(columns))
    between = 2 * np.pi / n_fft * np.outer(np.arange(rows), np.arange(columns))
    across = 2 * np.pi / rows * np.outer(np.arange(rows), np.arange(rows))
    cosine, sine = np.cos(across), np.sin(across)
    return (
        np.concatenate([np.cos(within), -np.sin(within)], axis=1).astype("float32"),
        np.stack([np.cos(between), np.sin(between)]).astype("float32"),
        np.block([[cosine, -sine], [sine, cosine]]).astype("float32"),
    )


def _filters(sample_rate: int, n_fft: int, n_mels: int) -> np.ndarray:
    """The mel filterbank (columns · rows, n_mels) for frequencies in the order of `_transform`.

    A frequency above half the sample rate stands for its mirror image, unless that is there itself.
    """
    first = _factor(n_fft)
    rows, columns = n_fft // first, first // 2 + 1
    frequency = (np.arange(columns)[:, None] + first * np.arange(rows)).ravel()
    mirrored = np.minimum(frequency, n_fft - frequency)
    filters = mel_filterbank(sample_rate, n_fft, n_mels)[mirrored]
    filters[(frequency > n_fft // 2) & (mirrored % first < columns)] = 0.0
    return filters

"""The power spectrum of real frames by products with small matrices, for lengths that are no power of two."""

import numpy as np
from keras import ops

from stressid_keras.media.spectrum_order import factors


class FactoredSpectrum:
    """The discrete Fourier transform of a length rows · first, in two stages (Cooley & Tukey, "An algorithm for the
    machine calculation of complex Fourier series", 1965).

    LiteRT's own transform wants a power of two, and one product with the matrix of all frequencies would add a tenth to
    an exported speech encoder. Sample n = rows · n1 + n2 goes to frequency k = first · k2 + k1: the first stage sums
    over n1 for the k1 up to half of `first`, which the others mirror; each sum is turned by the angle that n2 and k1
    make; the second stage sums over n2. `media.spectrum_order.spectrum_order` says which bin is which frequency.

    Args:
        n_fft: samples of a frame.

    Raises:
        ValueError: `n_fft` is not a product of two integers above 1.
    """

    def __init__(self, n_fft: int):
        self._first, self._rows = factors(n_fft)
        self._columns = self._first // 2 + 1
        within = _angles(self._first, self._columns, self._first)
        between = _angles(self._rows, self._columns, n_fft)
        across = _angles(self._rows, self._rows, self._rows)
        cosine, sine = np.cos(across), np.sin(across)
        self._within = np.concatenate([np.cos(within), -np.sin(within)], axis=1).astype("float32")
        self._between = np.cos(between).astype("float32"), np.sin(between).astype("float32")
        self._across = np.block([[cosine, -sine], [sine, cosine]]).astype("float32")

    def power(self, frames):
        """(B, T, n_fft) → (B, T, bins)."""
        rows, columns, frame_count = self._rows, self._columns, ops.shape(frames)[1]
        sums = ops.reshape(frames, (-1, self._first, rows))
        sums = ops.matmul(ops.transpose(sums, (0, 2, 1)), self._within)  # (B · T, rows, 2 · columns)
        real, imaginary = sums[..., :columns], sums[..., columns:]
        cosine, sine = map(ops.convert_to_tensor, self._between)
        turned = [real * cosine + imaginary * sine, imaginary * cosine - real * sine]
        turned = ops.transpose(ops.concatenate(turned, axis=1), (0, 2, 1))  # (B · T, columns, 2 · rows)
        squares = ops.square(ops.matmul(turned, self._across))
        power = squares[..., :rows] + squares[..., rows:]
        return ops.reshape(power, (-1, frame_count, rows * columns))


def _angles(rows: int, columns: int, period: int) -> np.ndarray:
    return 2 * np.pi / period * np.outer(np.arange(rows), np.arange(columns))

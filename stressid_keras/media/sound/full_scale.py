"""What full scale is in a file, and which samples reach it.

- Integer formats, and what was compressed from them: 1, as libsndfile scales them. Clipped is a sample at the format's
  largest value, which is 1 but for 8-bit PCM, A-law and µ-law.
- Floating point: 1, unless the writer stored integers as they are. That is so if the peak is above `HEADROOM` and
  most samples that are not zero are beyond 1: then full scale is the least of 2¹⁵, 2²³ and 2³¹ that the peak passes by
  no more than that headroom. A mix may pass full scale by some decibels without harm, but not by 12; and 16-bit
  integers that stay below 4 are silence (`QualityConfig.silence_peak`), so that the two cannot be confused. A single
  click of 100 in a soft recording makes it no recording of integers.
- A floating-point file that stays within full scale is clipped where it reaches it, as it was made of integers;
  one beyond is clipped where it has flat tops: neighbours that are both at the file's extremes.
"""

import numpy as np

from stressid_keras.media.sound.waveform import peak_deviation

FLOATS = ("FLOAT", "DOUBLE")  # libsndfile's names of the formats
INTEGER_SCALES = (2.0**15, 2.0**23, 2.0**31)
HEADROOM = 4.0  # 12 dB
LARGEST = HEADROOM * INTEGER_SCALES[-1]  # of any sound; beyond it is damage, and sums overflow some day
_LARGEST_VALUES = {"PCM_U8": 127 / 128, "PCM_S8": 127 / 128, "ULAW": 32124 / 32768, "ALAW": 32256 / 32768}


def largest_value(subtype: str) -> float:
    """Of a format by libsndfile's name, positive."""
    return _LARGEST_VALUES.get(subtype, 1.0)


def full_scale(waveform: np.ndarray) -> float:
    """Full scale of a floating-point file's waveform (n,), none of which is beyond `LARGEST`."""
    peak = peak_deviation(waveform)
    if peak <= HEADROOM:
        return 1.0
    loud = np.count_nonzero(np.abs(waveform - waveform.mean(dtype=np.float64)) >= 1)
    if 2 * loud <= np.count_nonzero(waveform):
        return 1.0
    return next((scale for scale in INTEGER_SCALES if peak <= HEADROOM * scale), INTEGER_SCALES[-1])


class FlatTops:
    """Marks of blocks that follow each other: neighbours at the lowest or the highest value of their channel.

    Args:
        low, high: (channels,) extremes of the whole file.
    """

    def __init__(self, low: np.ndarray, high: np.ndarray):
        self._low, self._high = low, high
        self._marks = []
        self._last = np.zeros(
            len(low), dtype=bool
        )  # of the block before, whether its last samples are at an extreme

    def add(self, block: np.ndarray) -> None:
        """Append (n, channels)."""
        extreme = (block == self._low) | (block == self._high)
        with_before = np.concatenate([self._last[None], extreme])
        pairs = with_before[1:] & with_before[:-1]
        if self._marks and pairs[0].any():
            self._marks[-1][-1] = True
        pairs[:-1] |= pairs[1:]
        self._marks.append(pairs.any(axis=1))
        self._last = extreme[-1]

    def marks(self) -> np.ndarray:
        """(n,) bool, of any channel."""
        return np.concatenate(self._marks)

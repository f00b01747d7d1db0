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

from collections.abc import Callable, Iterable

import numpy as np

FLOATS = ("FLOAT", "DOUBLE")  # libsndfile's names of the formats
INTEGER_SCALES = (2.0**15, 2.0**23, 2.0**31)
HEADROOM = 4.0  # 12 dB
LARGEST = HEADROOM * INTEGER_SCALES[-1]  # of any sound; beyond it is damage, and sums overflow some day
_LARGEST_VALUES = {"PCM_U8": 127 / 128, "PCM_S8": 127 / 128, "ULAW": 32124 / 32768, "ALAW": 32256 / 32768}


def largest_value(subtype: str) -> float:
    """Of a format by libsndfile's name, positive."""
    return _LARGEST_VALUES.get(subtype, 1.0)


def full_scale(waveform: Callable[[], Iterable[np.ndarray]]) -> float:
    """Full scale of a floating-point file, none of whose samples is beyond `LARGEST`.

    Args:
        waveform: gives its blocks, (n,) each, from the first; called once more where the peak alone does not tell.
    """
    count, total, low, high = 0, 0.0, np.inf, -np.inf
    for block in waveform():
        count += len(block)
        total += float(block.sum(dtype=np.float64))
        low, high = min(low, float(block.min())), max(high, float(block.max()))
    if not count:
        return 1.0
    mean = total / count
    peak = max(high - mean, mean - low)
    if peak <= HEADROOM:
        return 1.0
    loud = sounding = 0
    for block in waveform():
        loud += np.count_nonzero(np.abs(block - np.float64(mean)) >= 1)
        sounding += np.count_nonzero(block)
    if 2 * loud <= sounding:
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

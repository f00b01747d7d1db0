"""The loudest samples cut off."""

import numpy as np

from stressid_keras.analysis.robustness.corruption import register_corruption
from stressid_keras.config import RobustnessConfig


@register_corruption("clipping", "Clipping", "% of samples", RobustnessConfig.clipping)
def clipping(waveform, level, conditions):
    return clip_share(waveform, level / 100)


def clip_share(waveform: np.ndarray, share: float) -> np.ndarray:
    """The loudest samples, `share` of all, cut down to the level that the others stay below.

    Samples as loud as that level count as clipped, so that many equal ones can make it more.

    Returns:
        (n,) float32.
    """
    n_clipped = min(len(waveform), round(share * len(waveform)))
    if not n_clipped:
        return waveform
    magnitude = np.abs(waveform)
    level = np.partition(magnitude, len(waveform) - n_clipped)[len(waveform) - n_clipped]
    return np.clip(waveform, -level, level)

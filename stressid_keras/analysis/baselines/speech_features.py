"""What a pretrained speech encoder makes of a window, as features for a classical baseline."""

import numpy as np
import pandas as pd

from stressid_keras.media.speech.settings import SUMMARISED, UNITS

NAMES = [
    f"speech_layer{layer}_{statistic}_{unit}"
    for layer in SUMMARISED
    for statistic in ("mean", "std")
    for unit in range(UNITS)
]


def with_statistics(features: pd.DataFrame, statistics: np.ndarray) -> pd.DataFrame:
    """The features of windows, and beside them mean and deviation over time of the encoder's upper layers.

    The encoder was trained to tell speakers apart (see `media.speech`), so what a classifier finds in its statistics
    may be who speaks; only folds by subject show how much of it is not. After x-vectors for emotion (Pappagari et al.,
    "X-vectors meet emotions", ICASSP 2020, arXiv:2002.05039).

    Args:
        features: of `baseline_features`, (n rows).
        statistics: (n, 1024); NaN where a window has no sound file.

    Returns:
        with `speech_layer<2 or 3>_<mean or std>_<unit>`, unless no window has them.
    """
    if np.isnan(statistics).all():
        return features
    heard = pd.DataFrame(statistics.astype(np.float64), columns=NAMES, index=features.index)
    return pd.concat([features, heard], axis=1)

"""What a pretrained speech encoder makes of a waveform, as features for a classical baseline."""

import numpy as np

from stressid_keras.errors import StressIDError
from stressid_keras.media.speech import load_weights, speech_statistics
from stressid_keras.media.speech.settings import SAMPLE_RATE, SUMMARISED, UNITS

NAMES = [
    f"speech_layer{layer}_{statistic}_{unit}"
    for layer in SUMMARISED
    for statistic in ("mean", "std")
    for unit in range(UNITS)
]


def speech_features(waveform: np.ndarray, sample_rate: int) -> dict[str, float]:
    """Mean and standard deviation over time of the outputs of the encoder's upper layers.

    The encoder was trained to tell speakers apart (see `media.speech`), so what a classifier finds in its statistics
    may be who speaks; only folds by subject show how much of it is not. After x-vectors for emotion (Pappagari et al.,
    "X-vectors meet emotions", ICASSP 2020, arXiv:2002.05039).

    Args:
        waveform: (n,) float32, full scale 1.
        sample_rate: Hz; another than the encoder's is resampled.

    Returns:
        `speech_layer<2 or 3>_<mean or std>_<unit>`, 1024 numbers for every waveform.

    Raises:
        StressIDError: no samples, more than one channel, or samples that are not finite.
    """
    waveform = np.asarray(waveform, dtype=np.float32)
    if waveform.ndim != 1 or len(waveform) == 0:
        raise StressIDError(
            f"a waveform has shape {waveform.shape}; expected one channel of at least one sample."
        )
    if sample_rate != SAMPLE_RATE:
        import soxr

        waveform = soxr.resample(waveform, sample_rate, SAMPLE_RATE)
    return dict(zip(NAMES, speech_statistics(waveform, load_weights()).tolist(), strict=True))

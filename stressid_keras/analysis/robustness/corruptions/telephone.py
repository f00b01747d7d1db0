"""A call over a narrow-band telephone line."""

import io

import numpy as np
import scipy.signal

from stressid_keras.analysis.robustness.corruption import register_corruption
from stressid_keras.analysis.robustness.scaling import fitted, within_full_scale
from stressid_keras.config import RobustnessConfig

TELEPHONE_RATE = 8_000  # Hz, ITU-T G.711
TELEPHONE_BAND = (300.0, 3_400.0)  # Hz, ITU-T G.712
TELEPHONE_ORDER = 6  # of the Butterworth band-pass: 3 dB down at the edges, 36 dB an octave below


@register_corruption("telephone", "Telephone", "", RobustnessConfig.telephone)
def on_the_telephone(waveform, level, conditions):
    return telephone(waveform, conditions.sample_rate)


def telephone(waveform: np.ndarray, sample_rate: int) -> np.ndarray:
    """Narrow-band telephony: 300 to 3400 Hz, 8000 samples a second of 8 bits, companded by the µ-law of ITU-T G.711.

    Args:
        waveform: (n,) float32 in [-1, 1].

    Returns:
        (n,) float32 in [-1, 1].
    """
    import soxr

    narrow = soxr.resample(waveform, sample_rate, TELEPHONE_RATE, quality="HQ")
    band_pass = scipy.signal.butter(
        TELEPHONE_ORDER, TELEPHONE_BAND, "bandpass", fs=TELEPHONE_RATE, output="sos"
    )
    narrow = _mu_law(within_full_scale(scipy.signal.sosfilt(band_pass, narrow)))
    wide = soxr.resample(narrow, TELEPHONE_RATE, sample_rate, quality="HQ")
    return within_full_scale(fitted(wide, len(waveform)))


def _mu_law(samples: np.ndarray) -> np.ndarray:
    """Samples after 8-bit µ-law coding and decoding by libsndfile."""
    import soundfile

    file = io.BytesIO()
    kind = {"format": "RAW", "subtype": "ULAW"}
    soundfile.write(file, samples, TELEPHONE_RATE, **kind)
    file.seek(0)
    return soundfile.read(file, dtype="float32", samplerate=TELEPHONE_RATE, channels=1, **kind)[0]

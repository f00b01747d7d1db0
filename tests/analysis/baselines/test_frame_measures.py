"""The measures of a frame are librosa's."""

import numpy as np
import pytest

from stressid_keras.analysis.baselines import frame_measures as measured
from stressid_keras.analysis.baselines.pitch import yin

RATES = (4000, 16_000, 22_050, 48_000)


def voice(rate, seconds=3.0):
    """Harmonics of a gliding pitch between pauses, over a little noise."""
    time = np.arange(round(rate * seconds)) / rate
    phase = 2 * np.pi * np.cumsum(120 + 40 * np.sin(2 * np.pi * 1.3 * time)) / rate
    harmonics = sum(np.sin(n * phase) / n for n in range(1, 20) if n * 160 < rate / 2)
    noise = np.random.default_rng(0).standard_normal(len(time))
    return 0.1 * harmonics * (np.sin(5 * time) > -0.3) + 1e-3 * noise


@pytest.fixture(scope="module", params=RATES)
def sound(request):
    """Sample rate, waveform and its magnitudes."""
    waveform = voice(request.param)
    return request.param, waveform, measured.magnitudes(waveform)


def test_magnitudes_and_levels_are_librosas(librosa, sound):
    _, waveform, magnitude = sound
    theirs = np.abs(librosa.stft(waveform)).T
    np.testing.assert_allclose(magnitude, theirs, atol=1e-6 * theirs.max())
    np.testing.assert_allclose(measured.levels(waveform), librosa.feature.rms(y=waveform)[0], rtol=1e-5)


@pytest.mark.parametrize(
    "make", [voice, lambda rate: np.zeros(rate), lambda rate: np.resize([1, 0, -1, 0], rate)]
)
def test_zero_crossings_are_librosas(librosa, make):
    waveform = np.asarray(make(16_000), np.float64)
    theirs = librosa.feature.zero_crossing_rate(waveform)[0]
    np.testing.assert_allclose(measured.zero_crossing_rates(waveform), theirs, atol=1e-12)


def test_moments_of_a_spectrum_are_librosas(librosa, sound):
    rate, _, magnitude = sound
    spectra = {"S": magnitude.T, "sr": rate}
    for name in ("centroid", "bandwidth", "rolloff"):
        ours = getattr(measured, f"{name}s")(magnitude, rate)
        np.testing.assert_allclose(
            ours, getattr(librosa.feature, f"spectral_{name}")(**spectra)[0], rtol=1e-9
        )
    flatness = librosa.feature.spectral_flatness(S=magnitude.T)[0]
    np.testing.assert_allclose(measured.flatnesses(magnitude), flatness, rtol=1e-9)


@pytest.mark.parametrize("octaves", [1, 3])
def test_contrasts_are_librosas(librosa, sound, octaves):
    rate, _, magnitude = sound
    theirs = librosa.feature.spectral_contrast(S=magnitude.T, sr=rate, fmin=200.0, n_bands=octaves)
    np.testing.assert_allclose(measured.contrasts(magnitude, rate, 200.0, octaves), theirs.T, atol=1e-9)


def test_cepstrum_and_its_slopes_are_librosas(librosa, sound):
    rate, _, magnitude = sound
    ours = measured.mel_cepstrum(magnitude, rate, 13)
    mel = librosa.feature.melspectrogram(S=magnitude.T**2, sr=rate)
    np.testing.assert_allclose(ours, librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=13).T, atol=1e-6)
    for order in (1, 2):
        slopes = librosa.feature.delta(ours.T, width=9, order=order)
        np.testing.assert_allclose(measured.slopes(ours, 9, order), slopes.T, atol=1e-9)


def test_chroma_and_tonnetz_are_librosas(librosa, sound):
    rate, _, magnitude = sound
    ours = measured.chroma(magnitude, rate)
    theirs = librosa.feature.chroma_stft(S=magnitude.T**2, sr=rate, tuning=0.0)
    np.testing.assert_allclose(ours, theirs.T, atol=1e-6)
    np.testing.assert_allclose(measured.tonnetz(ours), librosa.feature.tonnetz(chroma=ours.T).T, atol=1e-9)


def test_pitch_is_librosas(librosa, sound):
    rate, waveform, _ = sound
    theirs = librosa.yin(waveform, fmin=65.0, fmax=500.0, sr=rate)
    np.testing.assert_allclose(yin(waveform, rate, 65.0, 500.0), theirs, rtol=1e-6)


def test_the_pitch_of_pauses_and_of_noise_is_librosas(librosa):
    for waveform in (np.zeros(5000), np.ones(5000), np.random.default_rng(0).standard_normal(20_000)):
        theirs = librosa.yin(waveform, fmin=65.0, fmax=500.0, sr=16_000)
        np.testing.assert_allclose(yin(waveform, 16_000, 65.0, 500.0), theirs, rtol=1e-6)


def test_of_silence_nothing_is_infinite_or_missing():
    magnitude = measured.magnitudes(np.zeros(3000))
    assert (measured.centroids(magnitude, 16_000) == 0).all()
    assert (measured.chroma(magnitude, 16_000) == 0).all()
    assert np.isfinite(measured.contrasts(magnitude, 16_000, 200.0, 5)).all()

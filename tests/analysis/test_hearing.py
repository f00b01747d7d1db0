"""How a student hears a waveform: as preparation and pipeline make it."""

import numpy as np
import pytest

from stressid_keras.analysis.hearing import LogMelEar, SpeechEar, ear_of
from stressid_keras.analysis.inspection import band_importances, occlusion_maps
from stressid_keras.analysis.inspection.patches import patches
from stressid_keras.config import AudioConfig, InspectionConfig, StudentConfig
from stressid_keras.errors import StressIDError
from stressid_keras.media.mel import band_position
from stressid_keras.models import build_student
from stressid_keras.preprocessing.audio import log_mel
from stressid_keras.preprocessing.speech_statistics import encoded

from ..small_export import with_classifier

pytestmark = pytest.mark.backend
AUDIO = AudioConfig(n_mels=16)
SPEECH = StudentConfig(backbone="speech", feature_size=8)


@pytest.fixture(scope="module")
def waveform():
    generator = np.random.default_rng(1)
    return (0.2 * generator.standard_normal(24_000)).astype(np.float32)


@pytest.fixture(scope="module")
def student():
    return with_classifier(build_student(3, 16, SPEECH))


def test_a_students_inputs_tell_how_it_hears(student, small_student, small_teacher):
    assert isinstance(ear_of(student, AUDIO), SpeechEar)
    assert isinstance(ear_of(small_student, AUDIO), LogMelEar)
    with pytest.raises(StressIDError, match=r"takes ecg.*expected a student, which takes audio or speech"):
        ear_of(small_teacher, AUDIO)


def test_a_log_mel_is_heard_to_the_storages_precision(waveform):
    ear = LogMelEar(AUDIO)
    batch = ear.batch([ear.heard(ear.picture(waveform)), ear.heard(ear.picture(waveform[:9_000]))])
    expected = log_mel(waveform, AUDIO)
    np.testing.assert_allclose(batch["audio"][0, : len(expected), :, 0], expected, atol=1e-4)
    np.testing.assert_array_equal(
        batch["audio_size"], [expected.shape, log_mel(waveform[:9_000], AUDIO).shape]
    )
    assert not batch["audio"][1, batch["audio_size"][1, 0] :].any()


@pytest.mark.parametrize("rate", [16_000, 8_000])
def test_speech_is_heard_as_it_is_stored(waveform, rate):
    ear = SpeechEar(AudioConfig(sample_rate=rate))
    offset = waveform + np.float32(0.25)
    np.testing.assert_array_equal(ear.heard(ear.picture(offset)), encoded(offset, rate))


def test_pieces_of_what_a_speech_student_hears_are_hidden(student, waveform):
    ear, config = SpeechEar(AUDIO), InspectionConfig(time_patches=3, band_patches=2, bands=4)
    picture = ear.picture(waveform)
    drops = occlusion_maps({"it": student}, ear, picture, 1, config)["it"]
    assert drops.shape == (3, 2)
    hidden = picture.copy()
    hidden[patches(len(picture), 3)[0], patches(40, 2)[0]] = picture.mean(axis=0)[patches(40, 2)[0]]
    probabilities = []
    for some in (picture, hidden):
        logits = np.asarray(student.predict(ear.looked_at([some]), verbose=0)["logits"])[0].astype(float)
        probabilities.append(np.exp(logits[1]) / np.exp(logits).sum())
    np.testing.assert_allclose(drops[0, 0], probabilities[0] - probabilities[1], atol=1e-5)
    found = band_importances({"it": student}, ear, [picture, picture[:90]], [0, 2], config)
    assert found["it"].shape == (2, 4)


@pytest.mark.parametrize("ear", [LogMelEar(AUDIO), SpeechEar(AUDIO)])
def test_an_ear_says_what_the_axes_of_its_pictures_are(ear, waveform):
    """Frames every hop of the waveform's seconds; a tone in the band of its frequency."""
    tone = (0.5 * np.sin(2 * np.pi * 1_000 * np.arange(24_000) / 16_000)).astype(np.float32)
    n_frames, n_mels = ear.picture(waveform).shape
    assert n_mels == ear.axes.n_mels
    assert n_frames == pytest.approx(1.5 * ear.axes.sample_rate / ear.axes.hop_length, abs=1)
    loudest = ear.picture(tone).mean(axis=0).argmax()
    assert loudest == pytest.approx(band_position(1_000, ear.axes.sample_rate, n_mels), abs=0.6)


@pytest.mark.parametrize("ear", [LogMelEar(AUDIO), SpeechEar(AUDIO)])
def test_a_picture_is_drawn_by_its_loudness(ear, waveform):
    picture = ear.picture(waveform * np.linspace(0, 1, len(waveform), dtype=np.float32))
    before = picture.copy()
    drawn = ear.drawn(picture)
    np.testing.assert_array_equal(picture, before)
    assert drawn.shape == picture.shape
    assert (drawn.min() >= 0, drawn.max()) == (True, 1)
    np.testing.assert_array_equal(drawn.argmax(axis=1), picture.argmax(axis=1))
    assert drawn[:20].mean() < drawn[-20:].mean() - 0.1
    np.testing.assert_allclose(SpeechEar(AUDIO).drawn(np.float32([[1, 0.01, 0]])), [[1, 0.75, 0]], atol=1e-6)

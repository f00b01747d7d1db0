import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import softmax

from stressid_keras.analysis.hearing import LogMelEar, SpeechEar, networks_by_ear
from stressid_keras.analysis.inspection import band_importances, occlusion_maps
from stressid_keras.config import AudioConfig, InspectionConfig, StudentConfig
from stressid_keras.errors import StressIDError
from stressid_keras.models import build_student

CONFIG = InspectionConfig(time_patches=5, band_patches=4, bands=8, batch_size=16)
EAR = LogMelEar(AudioConfig(n_mels=16))


def occlusion_map(network, *asked, **options):
    """Of one network that hears log-mels."""
    return occlusion_maps({"it": network}, EAR, *asked, **options)["it"]


def band_importance(network, *asked):
    return band_importances({"it": network}, EAR, *asked)["it"]


@pytest.fixture(scope="module")
def listener():
    """Two classes; the logit of the second grows with the mean of frames 20 to 30 in bands 8 to 12."""
    audio = keras.Input((None, 16, 1), name="audio")
    size = keras.Input((2,), dtype="int32", name="audio_size")
    heard = 10 * (ops.mean(audio[:, 20:30, 8:12, 0], axis=(1, 2)) - 0.5)
    logits = ops.stack([ops.zeros_like(heard), heard], axis=1)
    return keras.Model({"audio": audio, "audio_size": size}, {"logits": logits, "feature": logits})


@pytest.fixture(scope="module")
def student(windows):
    """A seeded student whose logits are about 1, so that its probabilities move."""
    keras.utils.set_random_seed(0)
    network = build_student(
        3, 16, StudentConfig(backbone="statistics", filters=(4, 6, 8, 10), feature_size=10)
    )
    sound, size = windows[0][None, ..., None], np.array([windows[0].shape], np.int32)
    logits = keras.ops.convert_to_numpy(network({"audio": sound, "audio_size": size})["logits"])
    kernel = network.get_layer("logits").kernel
    kernel.assign(keras.ops.convert_to_numpy(kernel) / np.abs(logits).max())
    return network


@pytest.fixture(scope="module")
def window():
    """50 frames of 16 bands of quiet noise, loud in the patch that the listener hears."""
    log_mel = np.random.default_rng(0).uniform(0, 0.1, (50, 16)).astype(np.float32)
    log_mel[20:30, 8:12] = 0.9
    return log_mel


@pytest.fixture(scope="module")
def windows(sounds):
    return [sounds(frames, seed) for seed, frames in enumerate((50, 31, 44, 60))]


@pytest.fixture(scope="module")
def sounds():
    """A function: a noise of so many frames of 16 bands."""
    return lambda frames, seed=0: np.random.default_rng(seed).uniform(0, 1, (frames, 16)).astype(np.float32)


def test_map_points_at_the_patch_that_the_network_hears(listener, window):
    drops = occlusion_map(listener, window, config=CONFIG)
    assert drops.shape == (5, 4)
    assert np.unravel_index(drops.argmax(), drops.shape) == (2, 2)
    assert drops[2, 2] > 0.1
    drops[2, 2] = 0
    assert drops == pytest.approx(0, abs=1e-6)


def test_a_patch_that_speaks_against_a_class_is_negative(listener, window):
    for_second, for_first = (occlusion_map(listener, window, label, CONFIG) for label in (1, 0))
    assert for_first == pytest.approx(-for_second, abs=1e-6)
    assert occlusion_map(listener, window, None, CONFIG) == pytest.approx(for_second)  # the predicted one


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_result_does_not_depend_on_the_batch_size(student, windows, batch_size):
    other = InspectionConfig(time_patches=5, band_patches=4, bands=8, batch_size=batch_size)
    expected, found = (occlusion_map(student, windows[0], config=config) for config in (CONFIG, other))
    assert found == pytest.approx(expected, abs=1e-6)
    assert np.ptp(expected) > 1e-4
    expected, found = (band_importance(student, windows[:2], [0, 2], config) for config in (CONFIG, other))
    assert found == pytest.approx(expected, abs=1e-5)


def test_map_is_that_of_padded_batches(student, windows):
    """The same drops as for a window and a hidden copy of it that stand, padded, beside a longer one."""
    log_mel = windows[0]
    hidden = log_mel.copy()
    hidden[10:20, 4:8] = log_mel.mean(axis=0)[4:8]
    batch = np.zeros((3, 60, 16, 1), np.float32)
    batch[0, :50, :, 0], batch[1, :50, :, 0], batch[2, ..., 0] = log_mel, hidden, windows[3]
    sizes = np.array([[50, 16], [50, 16], [60, 16]], np.int32)
    logits = keras.ops.convert_to_numpy(student({"audio": batch, "audio_size": sizes})["logits"])
    probabilities = softmax(logits, axis=1)
    found = occlusion_map(student, log_mel, 1, CONFIG)[1, 1]
    assert found == pytest.approx(probabilities[0, 1] - probabilities[1, 1], abs=1e-5)


@pytest.mark.parametrize("frames", [1, 3, 19])
def test_a_window_shorter_than_its_patches_has_a_map(student, sounds, frames):
    log_mel = sounds(frames)
    drops = occlusion_map(student, log_mel, config=InspectionConfig())
    assert drops.shape == (20, 8)
    assert np.isfinite(drops).all()


def test_the_window_itself_is_left_as_it_is(listener, window):
    before = window.copy()
    occlusion_map(listener, window, config=CONFIG)
    band_importance(listener, [window], [1], CONFIG)
    assert np.array_equal(window, before)


def test_a_band_is_found_by_its_level_alone(listener):
    """Windows that are constant in time: their own means would hide nothing."""
    loud, quiet = np.full((40, 16), 0.5, np.float32), np.full((40, 16), 0.5, np.float32)
    loud[:, 8:12], quiet[:, 8:12] = 0.9, 0.1
    importances = band_importance(listener, [loud, quiet], [1, 0], CONFIG)
    assert importances.shape == (2, 8)
    assert importances[0, 4:6].min() > 0.05
    assert np.abs(np.delete(importances, [4, 5], axis=1)).max() < 1e-6


def test_importance_is_of_the_true_class(student, windows):
    rows = [band_importance(student, windows, [label] * 4, CONFIG) for label in range(3)]
    assert sum(rows) == pytest.approx(0, abs=1e-5)  # probabilities add up to 1
    assert all(np.abs(row).max() > 1e-4 for row in rows)


def test_bad_input_is_refused_in_a_sentence(listener, window):
    with pytest.raises(StressIDError, match="from_stored"):
        occlusion_map(listener, (window * 255).astype(np.uint8))
    with pytest.raises(StressIDError, match="expected floats from 0 to 1"):
        occlusion_map(listener, np.where(window > 0.5, np.nan, window))
    with pytest.raises(StressIDError, match=r"shape \(50, 16, 1\)"):
        occlusion_map(listener, window[..., None])
    with pytest.raises(StressIDError, match="a class from 0 to 1"):
        occlusion_map(listener, window, 2)
    with pytest.raises(StressIDError, match="0 windows"):
        band_importance(listener, [], [])
    with pytest.raises(StressIDError, match="the same number in all"):
        band_importance(listener, [window, window[:, :8]], [0, 0])
    with pytest.raises(StressIDError, match="time_patches is 0"):
        InspectionConfig(time_patches=0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_values_that_no_ear_makes_are_refused(window, value):
    picture = window.copy()
    picture[7, 3] = value
    for ear, expected in (
        (EAR, "expected floats from 0 to 1"),
        (SpeechEar(AudioConfig()), "expected finite floats of 0 or more"),
    ):
        with pytest.raises(StressIDError, match=expected):
            occlusion_maps({}, ear, picture, config=CONFIG)
        with pytest.raises(StressIDError, match=expected):
            band_importances({}, ear, [window, picture], [0, 1], CONFIG)


class Counted(LogMelEar):
    """An ear that counts what it has heard."""

    pictures = 0

    def looked_at(self, pictures):
        self.pictures += len(pictures)
        return super().looked_at(pictures)


def test_what_is_hidden_is_heard_once_for_all_networks(listener, student, windows):
    networks, ear = {"student": student, "listener": listener}, Counted(AudioConfig(n_mels=16))
    maps = occlusion_maps(networks, ear, windows[0], None, CONFIG)
    assert ear.pictures == 1 + 5 * 4
    importances = band_importances(networks, ear, windows, [0, 1, 0, 1], CONFIG)
    assert ear.pictures == 21 + 4 * (1 + 8)
    for name, network in networks.items():
        assert maps[name] == pytest.approx(occlusion_map(network, windows[0], None, CONFIG), abs=1e-6)
        expected = band_importance(network, windows, [0, 1, 0, 1], CONFIG)
        assert importances[name] == pytest.approx(expected, abs=1e-6)


def test_networks_that_hear_alike_share_an_ear(listener, student):
    ((ear, networks),) = networks_by_ear({"student": student, "listener": listener}, AudioConfig())
    assert isinstance(ear, LogMelEar)
    assert networks == {"student": student, "listener": listener}

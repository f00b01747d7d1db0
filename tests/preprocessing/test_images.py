"""Images that were made earlier are read as arrays, and written so that they are read back."""

import cv2
import numpy as np
import pytest

from stressid_keras.config import AudioConfig
from stressid_keras.errors import RecordingError
from stressid_keras.preprocessing.images import (
    load_gaf_image,
    load_log_mel_image,
    save_gaf_image,
    save_log_mel_image,
)
from stressid_keras.preprocessing.quantisation import from_stored

LOG_MEL = np.random.default_rng(0).integers(0, 256, (40, 128), dtype=np.uint8)
GAF = np.random.default_rng(1).integers(0, 256, (64, 64), dtype=np.uint8)


def test_what_is_saved_is_read_back(tmp_path):
    save_log_mel_image(tmp_path / "a.png", LOG_MEL)
    save_gaf_image(tmp_path / "b.png", GAF)
    found = load_log_mel_image(tmp_path / "a.png", AudioConfig())
    np.testing.assert_allclose(from_stored(found, "audio"), LOG_MEL / 255, atol=1e-7)
    save_log_mel_image(tmp_path / "c.png", found)
    np.testing.assert_array_equal(load_log_mel_image(tmp_path / "c.png", AudioConfig()), found)
    np.testing.assert_array_equal(load_gaf_image(tmp_path / "b.png"), GAF)


def test_the_lowest_mel_band_is_drawn_at_the_bottom(tmp_path):
    low = np.zeros((40, 128), np.uint8)
    low[:, 0] = 255
    save_log_mel_image(tmp_path / "a.png", low)
    image = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_GRAYSCALE)
    assert image.shape == (128, 40)
    assert (image[-1] == 255).all()
    assert (image[:-1] == 0).all()


def test_colour_becomes_grey(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.repeat(GAF[..., None], 3, axis=2))
    np.testing.assert_allclose(load_gaf_image(tmp_path / "a.png").astype(int), GAF, atol=1)


def test_images_of_another_shape_are_refused(tmp_path):
    save_gaf_image(tmp_path / "a.png", GAF)
    with pytest.raises(RecordingError, match="64 pixels high; expected 128"):
        load_log_mel_image(tmp_path / "a.png", AudioConfig())
    save_log_mel_image(tmp_path / "b.png", LOG_MEL)
    with pytest.raises(RecordingError, match="40 × 128 pixels; expected a square image"):
        load_gaf_image(tmp_path / "b.png")


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n" + bytes(20)])
def test_what_is_no_image_is_refused(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(RecordingError, match=r"a\.png is not an image"):
        load_gaf_image(tmp_path / "a.png")

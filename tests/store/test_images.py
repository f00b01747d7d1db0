"""Images that were made earlier are read as arrays, and written so that they are read back."""

import cv2
import numpy as np
import pytest

from stressid_keras.config import AudioConfig
from stressid_keras.errors import RecordingError
from stressid_keras.store.encoding import from_stored
from stressid_keras.store.images import load_gaf_image, load_log_mel_image, save_gaf_image, save_log_mel_image

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


WIDE_GAF = np.random.default_rng(2).integers(0, 65536, (64, 64), dtype=np.uint16)


def opaque(grey):
    return np.dstack([grey, grey, grey, np.full_like(grey, np.iinfo(grey.dtype).max)])


@pytest.mark.parametrize("image", [np.dstack([GAF] * 3), opaque(GAF), np.dstack([GAF, GAF // 2 * 2, GAF])])
def test_a_grey_image_of_several_channels_is_grey(tmp_path, image):
    cv2.imwrite(str(tmp_path / "a.png"), image)
    np.testing.assert_allclose(load_gaf_image(tmp_path / "a.png").astype(int), GAF, atol=1)


@pytest.mark.parametrize("image", [WIDE_GAF, opaque(WIDE_GAF)])
def test_sixteen_bits_are_read_to_the_nearest_value(tmp_path, image):
    cv2.imwrite(str(tmp_path / "a.png"), image)
    np.testing.assert_array_equal(load_gaf_image(tmp_path / "a.png"), np.rint(WIDE_GAF / 257))


def test_a_log_mel_of_sixteen_bits_keeps_them(tmp_path):
    wide = np.random.default_rng(0).integers(0, 65536, (128, 40), dtype=np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), wide)
    np.testing.assert_array_equal(load_log_mel_image(tmp_path / "a.png", AudioConfig()), wide[::-1].T)


@pytest.mark.parametrize("name", ["jet", "viridis", "magma", "bone", "RdBu_r", "cividis"])
def test_what_was_saved_through_a_colour_map_is_refused(tmp_path, name):
    from matplotlib import colormaps

    for image in (GAF, LOG_MEL.T):
        coloured = (colormaps[name](image)[..., :3] * 255).astype(np.uint8)
        cv2.imwrite(str(tmp_path / "a.png"), coloured[..., ::-1])
        with pytest.raises(RecordingError, match=r"a\.png is coloured; expected a grey image"):
            load_gaf_image(tmp_path / "a.png") if image is GAF else load_log_mel_image(
                tmp_path / "a.png", AudioConfig()
            )


def test_a_figure_with_axes_is_refused(tmp_path):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3, 3))
    figure.subplots().imshow(GAF, cmap="gray")
    figure.savefig(tmp_path / "a.png")
    with pytest.raises(RecordingError, match=r"a\.png has a white margin, as a figure with axes has"):
        load_gaf_image(tmp_path / "a.png")


def test_a_field_of_one_value_is_no_figure(tmp_path):
    save_gaf_image(tmp_path / "a.png", np.full((64, 64), 255, np.uint8))
    assert (load_gaf_image(tmp_path / "a.png") == 255).all()


def test_a_transparent_image_is_refused(tmp_path):
    image = opaque(GAF)
    image[3, 4, 3] = 254
    cv2.imwrite(str(tmp_path / "a.png"), image)
    with pytest.raises(RecordingError, match=r"a\.png is transparent in places"):
        load_gaf_image(tmp_path / "a.png")


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

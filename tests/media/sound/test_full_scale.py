"""Full scale is that of the file's format, clipped is what reaches it, and silence is what does not leave its mean."""

import numpy as np
import pytest

from stressid_keras.config import AudioConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.sound.sound_files import read_recording
from stressid_keras.media.sound.waveform import peak_deviation, trim_padding, within_full_scale
from stressid_keras.preprocessing.audio import load_waveform, load_waveform_and_clipping, log_mel

from ...sound_cases import RATE, encoded, noise


@pytest.fixture
def saved(tmp_path):
    def save(*arguments, **options):
        (tmp_path / "talk.wav").write_bytes(encoded(*arguments, **options))
        return tmp_path / "talk.wav"

    return save


@pytest.mark.parametrize("scale", [2**15, 2**23, 2**31])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_floats_that_are_integers_are_scaled_as_integers(saved, scale, subtype):
    sound = read_recording(saved(np.round(noise() * scale), subtype=subtype))
    np.testing.assert_allclose(sound.waveform, noise(), atol=1 / scale + 1e-7)
    assert not sound.clipped.any()


def test_clipped_integers_are_clipped_as_floats_too(saved):
    clipped = np.clip(20 * noise(), -1, 32767 / 32768)
    expected = read_recording(saved(clipped, subtype="PCM_16")).clipped
    assert expected.mean() > 0.3
    np.testing.assert_array_equal(read_recording(saved(clipped * 2**15, subtype="FLOAT")).clipped, expected)


def test_a_faint_recording_of_floats_that_are_integers_is_scaled_too(saved):
    sound = read_recording(saved(np.round(noise() * 20), subtype="FLOAT"))
    assert np.abs(sound.waveform).max() == pytest.approx(10 / 2**15, rel=0.1)


def test_one_click_does_not_make_floats_integers(saved):
    samples = noise()
    samples[777] = 100
    np.testing.assert_array_equal(read_recording(saved(samples, subtype="FLOAT")).waveform, samples)


def test_floats_beyond_full_scale_are_clipped_where_they_are_flat(saved):
    loud = 1.5 * noise() / np.abs(noise()).max()
    loud[np.abs(loud) > 1.49] *= 0.9
    loud[100] = 1.5
    assert not read_recording(saved(loud, subtype="FLOAT")).clipped.any()
    flat = np.clip(20 * noise(), -1.3, 1.5).astype("float32")
    clipped = read_recording(saved(flat, subtype="FLOAT")).clipped
    at_extreme = (flat == flat.max()) | (flat == flat.min())
    alone = at_extreme & ~np.roll(at_extreme, 1) & ~np.roll(at_extreme, -1)
    np.testing.assert_array_equal(clipped[1:-1], (at_extreme & ~alone)[1:-1])
    assert clipped.mean() > 0.3


def test_flat_tops_do_not_depend_on_blocks(saved, monkeypatch):
    path = saved(np.clip(20 * noise(), -1.3, 1.5), subtype="FLOAT")
    expected = read_recording(path).clipped
    monkeypatch.setattr("stressid_keras.media.sound.decoding.BLOCK_VALUES", 77)
    np.testing.assert_array_equal(read_recording(path).clipped, expected)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "ULAW", "ALAW", "FLOAT"])
def test_a_clipped_sample_is_found_in_every_format(saved, subtype):
    loud = np.where(np.arange(RATE) % 4 < 2, 1.0, -1.0) * np.where(np.arange(RATE) % 8 < 4, 1.0, 0.5)
    clipped = read_recording(saved(loud, subtype=subtype)).clipped
    np.testing.assert_array_equal(clipped, np.abs(loud) == 1)


@pytest.mark.parametrize("offset", [0.0, 0.01, -0.3])
@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_a_constant_is_silence(saved, offset, subtype):
    with pytest.raises(RecordingError, match="silent"):
        load_waveform(saved(np.full(RATE, offset), subtype=subtype), RATE)
    assert peak_deviation(np.full(RATE, offset, np.float32)) < 1e-7


def test_channels_that_cancel_each_other_are_named(saved):
    with pytest.raises(RecordingError, match="cancel each other: one has a peak of 4"):
        load_waveform(saved(np.stack([noise(), -noise()], axis=1)), RATE)
    half = load_waveform(saved(np.stack([noise(), 0 * noise()], axis=1), subtype="FLOAT"), RATE)
    np.testing.assert_array_equal(half, noise() / 2)


@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_no_channel_count_or_loudness_makes_sums_overflow(saved, rate):
    stereo = np.stack([noise(rate=rate)] * 2, axis=1).astype(np.float64)
    for scale in (2.0**33, 1e30, 3e38):
        with pytest.raises(RecordingError, match="which no sound has"):
            load_waveform(
                saved(stereo / np.abs(stereo).max() * 1.1 * scale, subtype="FLOAT", rate=rate), RATE
            )
    waveform, clipped, _ = load_waveform_and_clipping(
        saved(stereo / np.abs(stereo).max() * 2.0**33, subtype="FLOAT", rate=rate), RATE
    )
    assert np.abs(waveform).max() <= 1
    assert np.isfinite(waveform).all()
    assert clipped.mean() < 0.001


def test_padding_is_zeros_and_what_does_not_change_before_them():
    sound = noise(0.5)
    for offset in (0.0, 0.25):
        tail = np.full(1000, offset, np.float32)
        np.testing.assert_array_equal(trim_padding(np.concatenate([sound + offset, tail])), sound + offset)
    padded = np.concatenate(
        [sound + np.float32(0.25), np.full(1000, 0.25, np.float32), np.zeros(500, np.float32)]
    )
    assert len(trim_padding(padded)) == len(sound)
    assert len(trim_padding(np.append(sound, [0.1] * 5))) == len(sound) + 5  # as quiet sound of 8 bits ends
    assert len(trim_padding(np.full(100, 0.3, np.float32))) == 0
    assert len(trim_padding(sound[:1])) == 1


def test_beyond_full_scale_is_divided_by_the_peak():
    sound = noise(0.5)
    np.testing.assert_array_equal(within_full_scale(sound), sound)
    np.testing.assert_allclose(within_full_scale(4 * sound), sound / np.abs(sound).max(), atol=1e-6)
    np.testing.assert_array_equal(within_full_scale(np.float32(3e38) * np.float32([1, -1, 1])), [1, -1, 1])


def test_an_offset_beyond_full_scale_leaves_the_sound():
    expected = log_mel(noise(), AudioConfig())
    found = log_mel(within_full_scale(noise() + np.float32(90)), AudioConfig())
    np.testing.assert_allclose(found, expected, atol=0.01)  # float32 at 90 has steps of a hundred-thousandth

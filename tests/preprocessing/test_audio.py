"""Waveforms are read from every kind of file, bad ones are refused in a sentence, log-mels are librosa's."""

import numpy as np
import pytest
import soundfile

from stressid_keras.config import AudioConfig
from stressid_keras.dataset.recording import Part
from stressid_keras.errors import RecordingError
from stressid_keras.media.sound.sound_files import audio_header
from stressid_keras.media.sound.waveform import trim_padding
from stressid_keras.preprocessing import audio
from stressid_keras.preprocessing.audio import load_waveform, log_mel
from stressid_keras.store.encoding import from_stored, stored_type, to_stored

RATE = 16_000
TONE = (0.4 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)
NOISE = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)


def write(path, samples, rate=RATE, subtype="PCM_16"):
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


@pytest.mark.parametrize(
    ("subtype", "step"), [("PCM_U8", 2**-6), ("PCM_16", 2**-14), ("PCM_24", 2**-22), ("FLOAT", 0)]
)
def test_every_sample_format_gives_the_same_waveform(tmp_path, subtype, step):
    waveform = load_waveform(write(tmp_path / "a.wav", TONE, subtype=subtype), RATE)
    assert waveform.dtype == np.float32
    assert abs(len(waveform) - len(TONE)) <= 1
    np.testing.assert_allclose(waveform, TONE[: len(waveform)], atol=step + 1e-7)


def test_stereo_is_averaged(tmp_path):
    path = write(tmp_path / "a.wav", np.stack([TONE, 0.5 * TONE], axis=1), subtype="FLOAT")
    np.testing.assert_allclose(load_waveform(path, RATE), 0.75 * TONE, atol=1e-6)
    assert audio_header(path) == (1.0, 2)


@pytest.mark.parametrize("rate", [8_000, 32_000, 44_100, 48_000])
def test_other_rates_are_resampled(tmp_path, rate):
    tone = (0.4 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype(np.float32)
    waveform = load_waveform(write(tmp_path / "a.wav", tone, rate, "FLOAT"), RATE)
    assert abs(len(waveform) - RATE) <= 1
    np.testing.assert_allclose(waveform[1000:-1000], TONE[1000 : len(waveform) - 1000], atol=2e-3)


def test_trailing_digital_silence_is_trimmed(tmp_path):
    padded = np.concatenate([TONE[:-1], np.zeros(5000, np.float32)])
    assert len(load_waveform(write(tmp_path / "a.wav", padded), RATE)) == len(np.trim_zeros(padded, "b"))
    assert len(trim_padding(np.zeros(3))) == 0


def test_a_float_file_beyond_full_scale_is_scaled_not_clipped(tmp_path):
    waveform = load_waveform(write(tmp_path / "a.wav", 4 * TONE, subtype="FLOAT"), RATE)
    np.testing.assert_allclose(waveform, TONE / TONE.max(), atol=1e-6)


def test_a_streamed_wav_without_a_length_is_read(tmp_path):
    path = write(tmp_path / "a.wav", TONE)
    content = bytearray(path.read_bytes())
    for size in (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00"):
        content[40:44] = size
        path.write_bytes(content)
        assert abs(len(load_waveform(path, RATE)) - RATE) <= 1


def empty(path):
    path.write_bytes(b"")


def without_samples(path):
    write(path, TONE[:0])


def truncated(path):
    write(path, TONE)
    path.write_bytes(path.read_bytes()[:9000])


def not_audio(path):
    path.write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(3000))


def half_a_header(path):
    write(path, TONE)
    path.write_bytes(path.read_bytes()[:20])


def silent(path):
    write(path, 1e-5 * TONE, subtype="FLOAT")


def all_zero(path):
    write(path, 0 * TONE)


def with_nan(path):
    write(path, np.where(np.arange(RATE) == 50, np.nan, TONE), subtype="FLOAT")


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (empty, "0 bytes"),
        (without_samples, "no samples"),
        (truncated, "truncated: its header promises 32000 bytes, 8956 are there"),
        (not_audio, "not audio"),
        (half_a_header, "not audio"),
        (silent, "silent"),
        (all_zero, "silent"),
        (with_nan, "NaN"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, make, found):
    path = tmp_path / "2ea4_Stroop.wav"
    make(path)
    with pytest.raises(RecordingError, match=found) as error:
        load_waveform(path, RATE)
    assert str(error.value).startswith("2ea4_Stroop.wav")
    assert str(error.value).endswith(".")
    assert str(tmp_path) not in str(error.value)


@pytest.mark.parametrize("seconds", [0.1, 1.0, 2.0])
def test_log_mel_is_librosas(librosa, seconds):
    config, waveform = AudioConfig(), NOISE[: int(seconds * RATE)]
    mel = librosa.feature.melspectrogram(
        y=waveform - waveform.mean(), sr=RATE, n_fft=1024, hop_length=512, n_mels=128
    )
    expected = librosa.power_to_db(mel, ref=np.max, top_db=80).T
    result = log_mel(waveform, config)
    assert result.shape == (1 + len(waveform) // 512, 128)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result * 80 - 80, expected, atol=1e-3)
    assert result.min() >= 0
    assert result.max() == 1


def test_log_mel_does_not_see_the_gain():
    np.testing.assert_allclose(log_mel(NOISE, AudioConfig()), log_mel(0.05 * NOISE, AudioConfig()), atol=1e-4)


def test_a_file_that_recordings_share_is_decoded_once_until_it_changes(tmp_path, monkeypatch):
    decoded, read_recording = [], audio.read_recording

    def counting(path, *limits):
        decoded.append(path.name)
        return read_recording(path, *limits)

    monkeypatch.setattr(audio, "read_recording", counting)
    path = write(tmp_path / "session.wav", np.tile(NOISE, 2), subtype="FLOAT")
    for start in (0.0, 1.0):
        part = Part(start, start + 1.0, shared=True)
        first = round(start * RATE)
        np.testing.assert_array_equal(load_waveform(path, RATE, part=part), NOISE[first : first + RATE])
        assert len(load_waveform(path, RATE // 2, part=part)) == RATE // 2
    assert decoded == ["session.wav"]
    write(path, np.tile(NOISE[::-1], 3), subtype="FLOAT")
    np.testing.assert_array_equal(load_waveform(path, RATE, part=part), NOISE[::-1][RATE:])
    load_waveform(path, RATE)
    load_waveform(path, RATE)
    assert decoded == ["session.wav"] * 4, "a file of one recording is not kept"


@pytest.mark.parametrize("offset", [0.05, -0.25, 0.8])
def test_log_mel_does_not_see_a_constant_offset(offset):
    quiet = np.round(NOISE * 2**12) / 2**15
    offset = np.round(offset * 2**15) / 2**15
    expected = log_mel(quiet.astype(np.float32), AudioConfig())
    np.testing.assert_allclose(
        log_mel((quiet + offset).astype(np.float32), AudioConfig()), expected, atol=1e-6
    )


def test_log_mel_refuses_what_is_not_finite():
    for value in (np.nan, np.inf, 3e38):
        with (
            pytest.raises(RecordingError, match="not finite or far beyond full scale"),
            np.errstate(all="ignore"),
        ):
            log_mel(np.where(np.arange(len(NOISE)) == 50, np.float32(value), NOISE), AudioConfig())


@pytest.mark.parametrize(("modality", "low", "levels"), [("audio", 0, 65535), ("ecg", -1, 255)])
def test_storage_costs_half_a_step(modality, low, levels):
    values = np.random.default_rng(0).uniform(low, 1, 10_000).astype(np.float32)
    error = np.abs(from_stored(to_stored(values, modality), modality) - values).max()
    assert error <= (1 - low) / levels / 2 + 1e-6
    every = np.arange(levels + 1, dtype=stored_type(modality))
    np.testing.assert_array_equal(to_stored(from_stored(every, modality), modality), every)


def test_what_lies_outside_the_range_is_clipped():
    np.testing.assert_array_equal(to_stored(np.array([-3.0, 0.0, 3.0]), "ecg"), [0, 128, 255])

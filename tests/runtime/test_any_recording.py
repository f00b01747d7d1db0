"""Recordings as people have them: of phones and browsers, of any length, with channels to choose from."""

import logging
import tracemalloc

import numpy as np
import pytest
import soundfile

from stressid_keras.errors import ExportError, RecordingError
from stressid_keras.media.sound import decoding
from stressid_keras.media.sound.sound_files import read_recording

from ..coded_sound import CODED, decoded, write_coded
from ..coded_sound import RATE as CODED_RATE
from ..small_export import RATE, speech
from ..sound_cases import encoded

CODEC_TOLERANCE = 0.02  # of a probability, by what 128 kbit/s leave out: .013 at most were seen
FAR = {rate: speech(6.2, rate) for rate in (RATE, 44_100, CODED_RATE)}
INVERTED = FAR[RATE][:, None] * [1, -0.98]


@pytest.mark.parametrize("suffix", CODED)
@pytest.mark.parametrize("levels", [[0.8], [0.8, 0.4]], ids=["mono", "stereo"])
def test_a_coded_file_has_the_numbers_of_its_samples_and_nearly_those_of_a_wav(
    runner, tmp_path, suffix, levels
):
    samples = FAR[CODED_RATE][:, None] * levels
    found = runner.predict(write_coded(tmp_path / f"talk{suffix}", samples))
    decoder = soundfile.read if suffix == ".opus" else decoded
    exact = runner.predict(*decoder(tmp_path / f"talk{suffix}"))
    np.testing.assert_allclose(found.probabilities, exact.probabilities, atol=1e-6)
    np.testing.assert_array_equal(found.starts, exact.starts)
    soundfile.write(tmp_path / "talk.wav", samples, CODED_RATE)
    expected = runner.predict(tmp_path / "talk.wav").probabilities
    np.testing.assert_allclose(found.probabilities, expected, atol=CODEC_TOLERANCE)
    assert np.ptp(expected, axis=0).max() > 2 * CODEC_TOLERANCE  # windows differ by more


STEREO = FAR[44_100][:, None] * [0.8, 0.3]
FILES = {
    "FLAC": encoded(STEREO, "FLAC", "PCM_16", 44_100),
    "integers stored as floating point": encoded(30_000 * STEREO, "WAV", "FLOAT", 44_100),
    "beyond full scale": encoded(3 * STEREO, "WAV", "DOUBLE", 44_100),
    "joined to another rate": encoded(STEREO, rate=44_100) + encoded(FAR[RATE], rate=RATE),
    "MP3": encoded(STEREO, "MP3", rate=44_100),
}


@pytest.mark.parametrize("name", FILES)
def test_blocks_have_the_numbers_of_the_whole(runner, tmp_path, monkeypatch, name):
    path = tmp_path / "talk"
    path.write_bytes(FILES[name])
    sound = read_recording(path)
    expected = runner.predict(sound.waveform, sound.rate)
    monkeypatch.setattr(decoding, "BLOCK_VALUES", 5000)
    found = runner.predict(path)
    np.testing.assert_array_equal(found.starts, expected.starts)
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-6)
    np.testing.assert_allclose(found.features, expected.features, atol=1e-5)
    assert found.seconds == expected.seconds


def test_memory_does_not_grow_with_the_recording(runner, tmp_path):
    path = tmp_path / "talk.wav"
    with soundfile.SoundFile(path, "w", 44_100, 2, "PCM_16") as file:
        for _ in range(40):
            file.write(STEREO)
    seconds = 40 * 6.2
    tracemalloc.start()
    found = runner.predict(path, hop=60)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.seconds == pytest.approx(seconds, abs=1e-3)
    assert peak < 0.75 * seconds * 44_100 * 4  # of its mean alone, in one piece


def test_a_channel_may_be_chosen(runner, tmp_path):
    left, right = FAR[RATE], np.roll(FAR[RATE], RATE)
    samples = np.stack([left, right], axis=1)
    soundfile.write(tmp_path / "talk.wav", samples, RATE, subtype="FLOAT")
    for channel, expected in (
        ("left", left),
        (1, left),
        ("right", right),
        (2, right),
        ("mix", (left + right) / 2),
    ):
        alone = runner.predict(expected, RATE).probabilities
        for source in ((tmp_path / "talk.wav",), (samples, RATE)):
            found = runner.predict(*source, channel=channel).probabilities
            np.testing.assert_allclose(found, alone, atol=1e-6)


@pytest.mark.parametrize("channel", [0, 65, -1, 1.0, True, "centre", "", None])
def test_no_channel_of_any_recording_is_refused(runner, tmp_path, channel):
    for source in ((tmp_path / "talk.wav",), (INVERTED, RATE)):
        with pytest.raises(
            ExportError, match=r"the channel is .*; expected mix, left, right, or a number from 1"
        ):
            runner.predict(*source, channel=channel)


def test_a_channel_that_a_recording_lacks_is_refused(runner, tmp_path):
    soundfile.write(tmp_path / "talk.wav", FAR[RATE], RATE)
    with pytest.raises(RecordingError, match=r"talk\.wav has 1 channel; channel 2 was asked for"):
        runner.predict(tmp_path / "talk.wav", channel="right")
    with pytest.raises(ExportError, match="the recording has 2 channels; channel 3 was asked for"):
        runner.predict(INVERTED, RATE, channel=3)


def test_channels_that_cancel_each_other_are_said(runner, tmp_path, caplog):
    path = tmp_path / "talk.wav"
    soundfile.write(path, INVERTED, RATE)
    runner.predict(path)
    runner.predict(INVERTED, RATE)
    stream = runner.stream(RATE, channels=2)
    for start in range(0, len(INVERTED), 1000):
        stream.push(INVERTED[start : start + 1000])
    stream.finish()
    said = [record.getMessage() for record in caplog.records]
    assert [text.partition(" has channels that cancel each other")[0] for text in said] == [
        "talk.wav",
        "the recording",
        "the recording",
    ]
    assert all("--channel left" in text for text in said)


def test_nothing_is_said_of_channels_that_keep_their_sound(runner, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    generator, speaker = np.random.default_rng(0), FAR[RATE]
    for others in (speaker, 0 * speaker, -0.7 * speaker, generator.normal(0, 0.1, len(speaker))):
        runner.predict(np.stack([speaker, others], axis=1), RATE)
    runner.predict(np.stack([speaker, *np.zeros((15, len(speaker)))], axis=1), RATE)
    runner.predict(np.full((RATE, 2), [0.1, -0.1]), RATE)  # silence with offsets
    runner.predict(INVERTED, RATE, channel="left")
    soundfile.write(tmp_path / "talk.wav", INVERTED, RATE)
    runner.predict(tmp_path / "talk.wav", channel=2)
    assert not caplog.records


def test_a_name_that_promises_another_container_is_refused(runner, tmp_path):
    path = write_coded(tmp_path / "talk.webm", FAR[CODED_RATE]).rename(tmp_path / "talk.m4a")
    with pytest.raises(RecordingError, match=r"talk\.m4a holds Matroska and its name says \.m4a"):
        runner.predict(path)

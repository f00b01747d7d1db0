"""What phones and browsers write is read like any sound file: whole, or refused in a sentence."""

import sys

import av
import numpy as np
import pytest
import soundfile

from stressid_keras.errors import RecordingError
from stressid_keras.media.sound.sound_files import audio_header, read_recording, read_sound

from ...coded_sound import CODED, RATE, decoded, write_coded
from ...sound_cases import noise

STEREO = np.stack([noise(3.0, RATE), 0.5 * noise(3.0, RATE, seed=1)], axis=1)
CONTAINERS = [suffix for suffix in CODED if suffix != ".opus"]  # which libsndfile reads


def sentence(path, read=read_recording):
    with pytest.raises(RecordingError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path.name} ")
    return str(caught.value)


@pytest.mark.parametrize("suffix", CODED)
def test_the_samples_are_those_of_the_decoder_from_end_to_end(tmp_path, suffix):
    path = write_coded(tmp_path / f"talk{suffix}", STEREO)
    expected, rate = soundfile.read(path, dtype="float32") if suffix == ".opus" else decoded(path)
    samples, found = read_sound(path)
    assert found == rate == RATE
    assert 0 <= len(samples) - len(STEREO) < 1024  # AAC fills up its last frame
    np.testing.assert_array_equal(samples, expected.mean(axis=1))
    np.testing.assert_array_equal(read_recording(path).waveform, samples)
    assert audio_header(path) == (len(samples) / rate, 2)


@pytest.mark.parametrize("suffix", CONTAINERS)
@pytest.mark.parametrize("share", [0.5, 0.93])
def test_a_container_that_was_cut_is_truncated(tmp_path, suffix, share):
    path = write_coded(tmp_path / f"talk{suffix}", STEREO)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    for read in (read_recording, audio_header):
        assert "is truncated: its header promises" in sentence(path, read)


def test_a_webm_whose_recorder_could_not_know_its_size_is_read_to_the_end(tmp_path):
    whole = write_coded(tmp_path / "talk.webm", STEREO)
    with (
        av.open(str(whole)) as source,
        av.open(str(tmp_path / "live.webm"), "w", options={"live": "1"}) as live,
    ):
        stream = live.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.size:
                packet.stream = stream
                live.mux(packet)
    assert b"\x18\x53\x80\x67\x01" + b"\xff" * 7 in (tmp_path / "live.webm").read_bytes()
    found, _ = read_sound(tmp_path / "live.webm")
    np.testing.assert_array_equal(found[: len(STEREO)], read_sound(whole)[0][: len(found)])


@pytest.mark.parametrize("suffix", CONTAINERS)
@pytest.mark.parametrize("place", [0.5, 0.85])
def test_sound_that_is_damaged_is_refused(tmp_path, suffix, place):
    """FFmpeg goes on behind what it cannot read, as if nothing had been there."""
    path = write_coded(tmp_path / f"talk{suffix}", np.tile(STEREO, (3, 1)))
    content = bytearray(path.read_bytes())
    start = int(place * len(content))
    content[start : start + 9000] = b"\xff" * 9000
    path.write_bytes(content)
    assert "is damaged after " in sentence(path)


def test_a_film_without_sound_and_a_claim_of_a_container_are_refused(tmp_path, write_video):
    film = write_video(tmp_path / "film.mp4")
    assert "film.mp4 has no sound; expected a recording" in sentence(film)
    path = tmp_path / "talk.webm"
    path.write_bytes(b"\x1a\x45\xdf\xa3" + bytes(3000))
    assert "is not audio that can be read" in sentence(path)


def test_without_pyav_the_sentence_says_how_to_install_it(tmp_path, monkeypatch):
    path = write_coded(tmp_path / "talk.m4a", STEREO)
    monkeypatch.setitem(sys.modules, "av", None)
    assert 'holds MP4, which needs PyAV to be read; pip install -e ".[formats]"' in sentence(path)

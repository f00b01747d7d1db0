"""The decoded length of a sound file decides; a header that promises more than there is is found out."""

import numpy as np
import pytest
import soundfile

from stressid_keras.errors import RecordingError
from stressid_keras.media.sound import decoding
from stressid_keras.media.sound.mono_sound import open_mono
from stressid_keras.media.sound.sound_files import audio_header, read_recording, read_sound
from stressid_keras.preprocessing import load_waveform

from ...sound_cases import BAD_WAVS, RATE, SECONDS, WHOLE_WAVS, chunk, encoded, noise, wav

FORMATS = [
    ("WAV", "PCM_16"),
    ("WAV", "DOUBLE"),
    ("WAVEX", "PCM_24"),
    ("WAV", "ULAW"),
    ("WAV", "ALAW"),
    ("RF64", "PCM_16"),
    ("W64", "PCM_16"),
    ("AIFF", "PCM_16"),
    ("AIFF", "FLOAT"),
    ("AU", "PCM_16"),
    ("CAF", "PCM_16"),
    ("CAF", "ALAC_16"),
    ("NIST", "PCM_16"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
]
FAILURES = (KeyboardInterrupt(), OSError(5, "Input/output error"), MemoryError())
ID3 = b"ID3\x04\x00\x00\x00\x00\x0a\x00" + b"\xff\xfb" * 640  # a tag whose content looks like frames


@pytest.fixture
def saved(tmp_path):
    def save(content):
        (tmp_path / "talk.wav").write_bytes(content)
        return tmp_path / "talk.wav"

    return save


def sentence(path, read=read_recording):
    with pytest.raises(RecordingError) as caught:
        read(path)
    assert str(caught.value).startswith("talk.wav ")
    assert str(caught.value).endswith(".")
    return str(caught.value)


def assert_lasts(path, seconds, tolerance=1e-9):
    samples, rate = read_sound(path)
    assert len(samples) / rate == pytest.approx(seconds, abs=tolerance)
    assert audio_header(path)[0] == pytest.approx(len(samples) / rate, abs=1 / rate)


@pytest.mark.parametrize("name", WHOLE_WAVS)
def test_a_wav_is_read_to_its_end(saved, name):
    content, seconds = WHOLE_WAVS[name]
    assert_lasts(saved(content), seconds)
    samples = load_waveform(saved(content), RATE)
    np.testing.assert_allclose(samples[: 2 * RATE - 500], noise()[: 2 * RATE - 500], atol=4e-5)


@pytest.mark.parametrize("name", BAD_WAVS)
def test_a_wav_without_sound_of_its_own_is_refused(saved, name):
    content, expected = BAD_WAVS[name]
    path = saved(content)
    assert expected in sentence(path, lambda path: load_waveform(path, RATE))
    if "truncated" in expected or "no samples" in expected:
        assert expected in sentence(path, audio_header)


@pytest.mark.parametrize(("kind", "subtype"), FORMATS)
def test_every_container_that_was_cut_is_truncated(saved, kind, subtype):
    content = encoded(kind=kind, subtype=subtype)
    assert_lasts(saved(content), SECONDS)
    for share in (0.5, 0.93):
        for read in (read_recording, audio_header):
            assert "is truncated: " in sentence(saved(content[: int(share * len(content))]), read)


@pytest.mark.parametrize(("kind", "subtype"), FORMATS)
def test_files_that_were_joined_are_read_one_behind_the_other(saved, kind, subtype):
    first, second = encoded(kind=kind, subtype=subtype), encoded(0.5 * noise(1.0), kind, subtype)
    alone = [read_sound(saved(content))[0] for content in (first, second)]
    joined, _ = read_sound(saved(first + second))
    np.testing.assert_array_equal(joined, np.concatenate(alone))
    assert_lasts(saved(first + second), SECONDS + 1.0)


@pytest.mark.parametrize(("kind", "subtype"), FORMATS[-4:])
def test_a_joined_file_of_another_rate_and_other_channels_keeps_its_length(saved, kind, subtype):
    rate = 48_000 if subtype == "OPUS" else 44_100
    stereo = encoded(np.stack([noise(rate=rate), 0.5 * noise(rate=rate)], axis=1), kind, subtype, rate)
    assert_lasts(saved(encoded(kind=kind, subtype=subtype) + stereo), 2 * SECONDS, 0.05)
    assert_lasts(saved(stereo + encoded(kind=kind, subtype=subtype)), 2 * SECONDS, 0.05)


def without_count(mp3):
    """An MP3 as a pipe leaves it: without the first frame, which counts the others."""
    return mp3[mp3.index(b"\xff", 200) :] if b"Info" in mp3[:200] or b"Xing" in mp3[:200] else mp3


def varying_mp3():
    """Silence, then noise: frames of very different sizes, without a count."""
    samples = np.concatenate([np.zeros(5 * RATE), noise(5.0)])
    return without_count(encoded(samples, "MP3", bitrate_mode="VARIABLE", compression_level=0.5))


def test_the_length_of_an_mp3_without_a_count_is_that_of_its_frames(saved):
    path = saved(varying_mp3())
    assert abs(soundfile.info(path).duration - 10) > 2  # an estimate, by libsndfile
    assert_lasts(path, 10, 0.1)


@pytest.mark.parametrize(
    "change",
    [
        lambda mp3: ID3 + mp3,
        lambda mp3: mp3 + b"TAG" + b"x" * 125,
        lambda mp3: mp3 + b"APETAGEX" + bytes(400),
        lambda mp3: bytes(3000) + mp3,
    ],
)
def test_what_stands_around_an_mp3_is_not_sound(saved, change):
    expected, _ = read_sound(saved(encoded(kind="MP3")))
    samples, _ = read_sound(saved(change(encoded(kind="MP3"))))
    np.testing.assert_array_equal(samples, expected)


def test_tags_between_joined_mp3_files_are_not_sound(saved):
    assert_lasts(saved(ID3 + encoded(kind="MP3") + ID3 + encoded(kind="MP3")), 2 * SECONDS)


def test_an_mp3_without_a_count_that_ends_in_mid_frame_is_truncated(saved):
    content = varying_mp3()
    assert "of its last frame" in sentence(saved(content[: int(0.7 * len(content)) - 7]))


def test_blocks_of_any_size_give_the_same_samples(saved, monkeypatch):
    """A seek behind every block would cost an MP3 decoder what its frames lend each other."""
    for kind in ("MP3", "OGG", "FLAC"):
        path = saved(encoded(noise(6.0, 44_100), kind, rate=44_100))
        whole, _ = read_sound(path)
        with monkeypatch.context() as patched:
            patched.setattr(decoding, "BLOCK_VALUES", 5000)
            np.testing.assert_array_equal(read_sound(path)[0], whole)


def unknown_length(kind):
    """The same, with the lengths that an encoder cannot know."""
    content = bytearray(encoded(kind=kind, subtype="PCM_16"))
    if kind == "FLAC":
        content[21] &= 0xF0
        content[22:26] = bytes(4)
    elif kind == "AIFF":
        at = content.index(b"SSND")
        content[4:8] = content[at + 4 : at + 8] = bytes(4)
    elif kind == "AU":
        content[8:12] = b"\xff" * 4
    elif kind == "CAF":
        at = content.index(b"data")
        content[at + 4 : at + 12] = b"\xff" * 8
    elif kind == "W64":
        at = content.index(b"data\xf3")
        content[at + 16 : at + 24] = b"\xff" * 7 + b"\x7f"
    return bytes(content)


@pytest.mark.parametrize("kind", ["FLAC", "AIFF", "AU", "CAF", "W64"])
def test_an_encoder_that_could_not_know_the_length_is_read_to_the_end(saved, kind):
    assert_lasts(saved(unknown_length(kind)), SECONDS, 0.1 if kind == "CAF" else 1e-9)


def test_flac_that_claims_256_gib_is_refused_without_asking_for_them(saved):
    content = bytearray(encoded(kind="FLAC"))
    content[21] |= 0x0F
    content[22:26] = b"\xff" * 4
    assert f"promises {2**36 - 1} samples, 32000 are there" in sentence(saved(content))
    assert "is truncated" in sentence(saved(content), audio_header)


def test_a_flac_without_some_frames_is_refused(saved):
    content = encoded(kind="FLAC")
    middle = len(content) // 2
    assert "is truncated" in sentence(saved(content[:middle] + content[middle + 9000 :]))


def test_tags_behind_flac_frames_are_not_sound(saved):
    assert_lasts(saved(ID3 + encoded(kind="FLAC") + b"TAG" + b"x" * 125), SECONDS)


def test_an_ogg_without_a_page_is_refused(saved):
    content = encoded(noise(6.0), kind="OGG", subtype="VORBIS")
    pages = [at for at in range(len(content)) if content[at : at + 4] == b"OggS"]
    assert "pages are missing" in sentence(saved(content[: pages[-3]] + content[pages[-2] :]))


def test_an_ogg_without_its_first_page_is_refused(saved):
    content = bytearray(encoded(kind="OGG", subtype="VORBIS"))
    content[5] &= ~2  # which marks it
    assert "no first page" in sentence(saved(content))


def test_an_mp3_is_whole_whatever_stands_before_its_count(saved):
    content = bytearray(encoded(noise(6.0), kind="MP3", subtype="MPEG_LAYER_III", bitrate_mode="VARIABLE"))
    expected, _ = read_sound(saved(content))
    count = max(content.find(b"Xing"), content.find(b"Info"))
    content[count - 1] ^= 0x40
    found, _ = read_sound(saved(content))
    assert abs(len(found) - len(expected)) < 2 * 1152
    np.testing.assert_allclose(found[:80_000], expected[:80_000], atol=1e-6)


def test_aiff_metadata_behind_empty_sound_are_not_sound(saved):
    content = encoded(kind="AIFF", subtype="PCM_16")
    head = content[: content.index(b"SSND")]
    for size in (b"", bytes(8)):
        path = saved(head + chunk(b"SSND", size, "big") + chunk(b"qqqq", b"take one " * 99, "big"))
        assert "holds no samples" in sentence(path)


def test_a_recording_beyond_the_limit_is_refused_by_its_header_and_by_its_samples(saved):
    assert "expected at most" in sentence(saved(wav()), lambda path: read_recording(path, max_seconds=1.9))
    flac = saved(encoded(kind="FLAC"))
    assert "expected at most" in sentence(flac, lambda path: audio_header(path, max_seconds=1.9))
    joined = saved(wav() + wav())
    assert "expected at most" in sentence(joined, lambda path: read_recording(path, max_seconds=3.9))
    assert len(read_recording(joined, max_seconds=4.0).waveform) == 4 * RATE


def test_a_format_whose_length_nobody_can_check_is_refused(saved):
    assert "talk.wav holds VOC, of which no length can be checked" in sentence(saved(encoded(kind="VOC")))


@pytest.mark.parametrize(("kind", "subtype"), FORMATS)
def test_the_format_is_that_of_the_content(saved, kind, subtype):
    expected = "WAV" if kind in ("WAVEX", "RF64") else kind
    with open_mono(saved(encoded(kind=kind, subtype=subtype))) as sound:
        assert sound.format == expected


@pytest.mark.parametrize(
    "kind", [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("MP3", "MPEG_LAYER_III")], ids=lambda kind: kind[0]
)
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_what_ends_a_read_is_no_shorter_recording(saved, monkeypatch, kind, failure):
    """Ctrl-C, or a disk that fails, in a call that libsndfile makes: it takes it for the end of the file."""

    class Failing(decoding.FileBytes):
        calls, last = 0, None

        def at(self, start, count):
            Failing.calls += 1
            if Failing.calls == self.last:
                raise failure
            return super().at(start, count)

    monkeypatch.setattr(decoding, "FileBytes", Failing)
    path = saved(encoded(noise(30.0), *kind))
    whole, _ = read_sound(path)
    calls = Failing.calls
    for last in (calls - calls // 2, calls - 1, calls):
        Failing.calls, Failing.last = 0, last
        with pytest.raises(type(failure)):
            read_sound(path)
    Failing.calls, Failing.last = 0, None
    np.testing.assert_array_equal(read_sound(path)[0], whole)

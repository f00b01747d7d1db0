"""What may be opened as a film, which of its streams is the film, and that nothing odd ends a run."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from stressid_keras.config import VideoConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.film import video_file
from stressid_keras.media.film.frames import read_frames, video_seconds
from stressid_keras.media.film.timeline import timeline_of

FULL = VideoConfig(max_side=1024)


def box(name, *content):
    body = b"".join(content)
    return (8 + len(body)).to_bytes(4, "big") + name + body


def with_metadata(path, name, kind, value):
    """Put an entry of iTunes' list first in a film's header, where players look for titles and covers."""
    handler = box(b"hdlr", bytes(8), b"mdirappl", bytes(9))
    entry = box(name, box(b"data", kind.to_bytes(4, "big"), bytes(4), value))
    added = box(b"udta", box(b"meta", bytes(4), handler, box(b"ilst", entry)))
    content = path.read_bytes()
    at = content.index(b"moov")  # behind the frames: their places do not change
    size = int.from_bytes(content[at - 4 : at], "big") + len(added)
    path.write_bytes(content[: at - 4] + size.to_bytes(4, "big") + b"moov" + added + content[at + 4 :])
    return path


def test_cover_art_before_the_film_is_not_the_film(tmp_path, write_video):
    expected = read_frames(write_video(tmp_path / "plain.mp4"), 0, 60, FULL)
    cover = cv2.imencode(".jpg", np.full((80, 80, 3), 200, np.uint8))[1].tobytes()
    path = with_metadata(write_video(tmp_path / "a.mp4"), b"covr", 13, cover)
    np.testing.assert_array_equal(read_frames(path, 0, 60, FULL), expected)
    assert video_seconds(path) == video_seconds(tmp_path / "plain.mp4")


def write_tracks(path, *tracks):
    """A film of MJPEG tracks, each of (grey, frames, whether the default one)."""
    import av

    with av.open(str(path), "w") as container:
        streams = [container.add_stream("mjpeg", rate=10) for _ in tracks]
        for stream, (_, _, default) in zip(streams, tracks, strict=True):
            stream.width, stream.height, stream.pix_fmt = 32, 16, "yuvj420p"
            stream.disposition = av.stream.Disposition.default if default else av.stream.Disposition(0)
        for stream, (grey, count, _) in zip(streams, tracks, strict=True):
            for number in range(count):
                frame = av.VideoFrame.from_ndarray(np.full((16, 32, 3), grey, np.uint8), format="rgb24")
                frame.pts = number
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    "tracks",
    [
        [(20, 1, True), (200, 20, True)],  # a picture as a track of its own
        [(20, 20, False), (200, 20, True)],
        [(200, 20, True), (20, 20, True)],
    ],
)
def test_of_several_tracks_the_default_film_is_read(tmp_path, tracks):
    frames = read_frames(write_tracks(tmp_path / "a.mp4", *tracks), 0, 60, FULL)
    assert abs(int(frames.mean()) - 200) < 5


@pytest.mark.parametrize("title", ["\u00c9t\u00e9".encode("latin-1"), b"\xff\xfe\x00\x80"])
def test_a_title_that_is_no_utf8_is_no_fault(tmp_path, write_video, title):
    expected = read_frames(write_video(tmp_path / "plain.mp4"), 0, 60, FULL)
    path = with_metadata(write_video(tmp_path / "a.mp4"), b"\xa9nam", 1, title)
    np.testing.assert_array_equal(read_frames(path, 0, 60, FULL), expected)


@pytest.mark.parametrize(
    "name",
    [
        "a:b.mp4",
        "http:a.mp4",
        "concat:a.mp4",
        "a%03d.mp4",
        "-i.mp4",
        "a b|c.mp4",
        "\u00e9\u4e2d.mp4",
        "a?b#c.mp4",
    ],
)
def test_any_name_is_the_name_of_a_file(tmp_path, write_video, monkeypatch, name):
    source = write_video(tmp_path / "plain.mp4", count=16)
    folder = tmp_path / "x:y 100%d"
    folder.mkdir()
    (folder / name).write_bytes(source.read_bytes())
    monkeypatch.chdir(folder)
    np.testing.assert_array_equal(read_frames(name, 0, 60, FULL), read_frames(source, 0, 60, FULL))


def test_a_list_of_other_files_is_no_film(tmp_path, write_video):
    write_video(tmp_path / "other.mp4")
    for text in (
        "ffconcat version 1.0\nfile other.mp4\n",
        "#EXTM3U\n#EXTINF:3,\nother.mp4\n#EXT-X-ENDLIST\n",
    ):
        (tmp_path / "a.mp4").write_text(text)
        with pytest.raises(RecordingError, match=r"a\.mp4 cannot be read as a video"):
            video_seconds(tmp_path / "a.mp4")


@pytest.mark.parametrize(
    "error", [UnicodeDecodeError("utf-8", b"\xc9", 0, 1, "bad"), IndexError(), OverflowError(), MemoryError()]
)
def test_whatever_opening_or_reading_raises_is_one_sentence(tmp_path, write_video, monkeypatch, error):
    path = write_video(tmp_path / "a.mp4")

    def fail(*_, **__):
        raise error

    def read_and_fail():
        with video_file.open_video(path) as (container, stream):
            timeline_of(container, stream)
            fail()

    with pytest.raises(RecordingError, match=r"a\.mp4 cannot be read as a video"):
        read_and_fail()
    monkeypatch.setattr("av.open", fail)
    with pytest.raises(RecordingError, match=r"a\.mp4 cannot be read as a video"):
        video_seconds(path)


def test_a_film_whose_size_changes_keeps_that_of_its_first_frame(tmp_path):
    import av

    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number in range(16):
            height, width = (48, 64) if number < 8 else (60, 30)  # from broad to tall
            encoder = av.CodecContext.create("mjpeg", "w")
            encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
            encoder.time_base = Fraction(1, 10)
            frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 200, np.uint8), format="rgb24")
            for packet in encoder.encode(frame.reformat(format="yuvj420p")):
                packet.pts = packet.dts = number
                packet.time_base = Fraction(1, 10)
                packet.stream = stream
                container.mux(packet)
    frames = read_frames(path, 0, 60, FULL)
    assert frames.shape == (16, 48, 64, 3)
    assert (abs(frames[:8].astype(int) - 200) < 5).all()
    assert (abs(frames[8:, :, 20:44].astype(int) - 200) < 5).all(), "proportions are kept, in the middle"
    assert (frames[8:, :, :20] == 0).all()
    assert (frames[8:, :, 44:] == 0).all()


def test_a_claim_of_a_huge_frame_is_refused_before_it_is_decoded(tmp_path):
    path = write_tracks(tmp_path / "a.mp4", (200, 20, True))
    content = bytearray(path.read_bytes())
    at = -1
    while (at := content.find(b"\xff\xc0\x00\x11", at + 1)) >= 0:  # height and width of every JPEG
        content[at + 5 : at + 9] = (65_000).to_bytes(2, "big") * 2
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"a\.mp4 (claims frames of|cannot be read)"):
        read_frames(path, 0, 60, FULL)


def claiming(name, at, count):
    def change(content):
        place = content.index(name) + 4 + at
        content[place : place + 4] = count.to_bytes(4, "big")

    return change


@pytest.mark.parametrize(
    "change", [claiming(b"stsz", 8, 50_000_000), claiming(b"stts", 4, 2**31), claiming(b"stsz", 8, 2**32 - 1)]
)
def test_a_table_that_claims_millions_of_frames_is_refused_at_once(tmp_path, write_video, change):
    path = write_video(tmp_path / "a.mp4")
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)
    with pytest.raises(
        RecordingError, match=r"a\.mp4 claims [\d,]+ frames in one table; expected at most 5,184,000"
    ):
        video_seconds(path)

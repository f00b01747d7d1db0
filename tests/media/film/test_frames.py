"""The sixteen frames are those of a sequential decode, whatever the frame rate does."""

import cv2
import numpy as np
import pytest

from stressid_keras.config import VideoConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.film.frames import _decode_needed, read_frames, video_seconds
from stressid_keras.media.film.timeline import open_video, timeline_of

FULL = VideoConfig(max_side=1_024)  # frames as they are in the file
IRREGULAR = np.cumsum(np.random.default_rng(0).integers(20, 200, 60))  # milliseconds


def decode_with_opencv(path):
    capture, frames = cv2.VideoCapture(str(path)), []
    while (result := capture.read())[0]:
        frames.append(result[1][..., ::-1])
    return np.stack(frames)


def evenly(frames, count=16):
    return frames[[int(i * len(frames) / count) for i in range(count)]]


def test_frames_are_those_of_opencv(tmp_path, write_video):
    path = write_video(tmp_path / "a.mp4", count=50)
    np.testing.assert_array_equal(read_frames(path, 0, 60, FULL), evenly(decode_with_opencv(path)))


@pytest.mark.parametrize(("start", "stop"), [(0, 60), (0, 2), (2, 5), (3.5, 60)])
def test_a_variable_frame_rate_is_exact(tmp_path, write_video, start, stop):
    path = write_video(tmp_path / "a.mp4", times=IRREGULAR)
    seconds = (IRREGULAR - IRREGULAR[0]) / 1000
    inside = (start <= seconds) & (seconds < stop)
    expected = evenly(decode_with_opencv(path)[inside])
    np.testing.assert_array_equal(read_frames(path, start, stop, FULL), expected)


def test_what_a_frame_does_not_need_is_not_decoded(tmp_path, write_video):
    path = write_video(tmp_path / "a.mp4", count=60, gop=12)
    with open_video(path) as (container, stream):
        timeline = timeline_of(container, stream)
        last = timeline.times[-1]
        decoded = [frame.pts for frame in _decode_needed(container, stream, timeline, {last})]
    assert last in decoded
    assert len(decoded) < 12
    assert min(decoded) >= timeline.times[48]  # the last keyframe


def test_a_misleading_index_is_decoded_as_a_player_would(tmp_path, write_video, monkeypatch):
    path = write_video(tmp_path / "a.mp4", count=50)
    expected = read_frames(path, 0, 60, FULL)
    monkeypatch.setattr("stressid_keras.media.film.frames._decode_needed", lambda *_: iter(()))
    np.testing.assert_array_equal(read_frames(path, 0, 60, FULL), expected)


def test_few_frames_repeat(tmp_path, write_video):
    path = write_video(tmp_path / "a.mp4", count=5)
    frames = read_frames(path, 0, 60, FULL)
    assert frames.shape == (16, 48, 64, 3)
    np.testing.assert_array_equal(frames, evenly(decode_with_opencv(path)))


def test_length_is_known_without_decoding(tmp_path, write_video):
    assert video_seconds(write_video(tmp_path / "a.mp4", count=30, fps=10)) == pytest.approx(3.0, abs=0.11)


@pytest.mark.parametrize(
    ("height", "width", "max_side", "expected"),
    [(48, 64, 32, (24, 32)), (64, 48, 32, (32, 24)), (48, 64, 112, (48, 64)), (2, 200, 20, (1, 20))],
)
def test_frames_are_shrunk_in_proportion_and_never_enlarged(
    tmp_path, write_video, height, width, max_side, expected
):
    path = write_video(tmp_path / "a.mp4", count=4, height=height, width=width)
    frames = read_frames(path, 0, 60, VideoConfig(max_side=max_side))
    assert frames.shape == (16, *expected, 3)
    assert frames.dtype == np.uint8
    full = read_frames(path, 0, 60, FULL)[0]
    if max_side < max(height, width):
        full = cv2.resize(full, expected[::-1], interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(frames[0], full)


@pytest.mark.parametrize("matrix", [(0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)])
def test_a_rotated_video_is_turned_upright_as_opencv_does(tmp_path, write_video, matrix):
    path = write_video(tmp_path / "a.mp4", count=16)
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 40  # ISO/IEC 14496-12, 8.3.2: the display matrix of the track header
    for place, value in zip((0, 4, 12, 16), matrix, strict=True):
        content[at + place : at + place + 4] = (value * 65536).to_bytes(4, "big", signed=True)
    path.write_bytes(content)
    np.testing.assert_array_equal(read_frames(path, 0, 60, FULL), decode_with_opencv(path))


def test_a_span_without_frames_is_refused(tmp_path, write_video):
    path = write_video(tmp_path / "a.mp4")
    with pytest.raises(RecordingError, match="no frame between 60 and 120 s"):
        read_frames(path, 60, 120, FULL)


def empty(path, source):
    path.write_bytes(b"")


def truncated(path, source):
    path.write_bytes(source[: len(source) * 2 // 3])


def without_index(path, source):
    path.write_bytes(source[: source.index(b"moov") - 4])


def wrong_extension(path, source):
    path.write_text("ECG,EDA,RR\n1,2,3\n")


def sound_only(path, source):
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


def damaged(path, source):
    start = source.index(b"mdat") + 4
    path.write_bytes(source[:start] + bytes(len(source) - start - 3000) + source[-3000:])


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (empty, "0 bytes"),
        (truncated, "truncated"),
        (without_index, "cannot be read as a video"),
        (wrong_extension, "cannot be read as a video"),
        (sound_only, "no video stream"),
        (damaged, "damaged|cannot be read"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, write_video, make, found):
    path = tmp_path / "2ea4_Stroop.mp4"
    make(path, write_video(tmp_path / "good.mp4").read_bytes())
    with pytest.raises(RecordingError, match=found) as error:
        read_frames(path, 0, 60, FULL)
    assert str(error.value).startswith("2ea4_Stroop.mp4")
    assert str(tmp_path) not in str(error.value)

"""Decoding never begins where the picture is not whole yet."""

import av
import numpy as np

from stressid_keras.config import VideoConfig
from stressid_keras.media.film.frames import read_frames
from stressid_keras.media.film.gradual_refresh import refreshes_gradually

FULL = VideoConfig(max_side=1024)


def write(path, parameters):
    options = {"preset": "veryfast", "x264-params": parameters}
    rng = np.random.default_rng(0)
    background = rng.integers(0, 200, (64, 96, 3), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for number in range(120):
            frame = av.VideoFrame.from_ndarray(np.roll(background, number, axis=1), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def decoded(path):
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def keyframes(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [bytes(packet) for packet in container.demux(stream) if packet.is_keyframe and packet.size]
        return [refreshes_gradually(packet, stream.codec_context.extradata) for packet in packets]


def test_a_film_that_is_refreshed_strip_by_strip_is_that_of_a_sequential_decode(tmp_path):
    path = write(tmp_path / "a.mp4", "intra-refresh=1:keyint=20:bframes=0")
    frames = decoded(path)
    for start, stop in ((1.4, 1.6), (2.05, 2.2), (3.0, 3.5)):
        inside = frames[round(start * 30 + 0.49) : round(stop * 30 + 0.49)]
        expected = inside[[int(i * len(inside) / 16) for i in range(16)]]
        np.testing.assert_array_equal(read_frames(path, start, stop, FULL), expected)


def test_only_such_keyframes_are_told_apart(tmp_path):
    first, *others = keyframes(write(tmp_path / "a.mp4", "intra-refresh=1:keyint=20:bframes=0"))
    assert not first
    assert others
    assert all(others)
    assert not any(keyframes(write(tmp_path / "b.mp4", "open-gop=1:keyint=20:bframes=2")))
    assert not any(keyframes(write(tmp_path / "c.mp4", "keyint=20:bframes=2")))
    assert not any(keyframes(write(tmp_path / "d.ts", "keyint=20")))
    assert all(keyframes(write(tmp_path / "e.ts", "intra-refresh=1:keyint=20:bframes=0"))[1:])


def test_damaged_units_are_no_error():
    for packet in (b"", b"\0", b"\0\0\0\1\6", b"\0\0\0\3\6\xff\xff", bytes(50), b"\xff" * 50):
        assert not refreshes_gradually(packet, b"\1\0\0\0\xff")
        assert not refreshes_gradually(packet, None)

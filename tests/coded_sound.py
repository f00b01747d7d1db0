"""Sound in the files that phones and browsers write, coded by FFmpeg through PyAV."""

from fractions import Fraction

import av
import numpy as np

RATE = 48_000  # which every codec takes
CODED = {  # suffix → codec, container, and whether a film goes with it
    ".m4a": ("aac", "ipod", False),
    ".webm": ("libopus", "webm", False),
    ".opus": ("libopus", "opus", False),
    ".mp4": ("aac", "mp4", True),
}


def write_coded(path, samples, rate=RATE):
    """Write (n,) or (n, channels) of full scale 1 as the path's suffix says; the path."""
    codec, kind, with_film = CODED[path.suffix.lower()]
    samples = np.asarray(samples, np.float32).reshape(len(samples), -1)
    with av.open(str(path), "w", format=kind) as container:
        film = _film(container) if with_film else None
        stream = container.add_stream(codec, rate=rate, layout="mono" if samples.shape[1] == 1 else "stereo")
        stream.bit_rate, stream.time_base = 128_000, Fraction(1, rate)
        packed = np.ascontiguousarray(samples.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=stream.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        fitting = av.AudioResampler(stream.format.name, stream.layout.name, rate, stream.frame_size or None)
        for part in [*fitting.resample(frame), *fitting.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
        if film:
            _shoot(container, film)
    return path


def decoded(path):
    """(n, channels) float32 and the rate, by FFmpeg from end to end."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    assert {frame.format.name for frame in frames} == {"fltp"}
    return np.concatenate([frame.to_ndarray().T for frame in frames]), frames[0].sample_rate


def _film(container):
    film = container.add_stream("mpeg4", rate=10)
    film.width, film.height, film.pix_fmt = 32, 32, "yuv420p"
    return film


def _shoot(container, film):
    for number in range(10):
        picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 20 * number, np.uint8), format="rgb24")
        picture.pts, picture.time_base = number, Fraction(1, 10)
        container.mux(film.encode(picture))
    container.mux(film.encode(None))

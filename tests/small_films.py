"""A maker of real films, for the tests of more than one room."""

from pathlib import Path

import av
import numpy as np
import pytest


@pytest.fixture(scope="session")
def write_video():
    """write_video(path, times=..., ...) → path of an H.264 file whose frames all differ.

    The same every time: encoded once, for what x264 writes depends on what memory held before.
    """
    written = {}

    def write(path: Path, times=None, **options) -> Path:
        key = None if times is None else tuple(times), *sorted(options.items())
        if key not in written:
            encode(path, times, **options)
            written[key] = path.read_bytes()
        path.write_bytes(written[key])
        return path

    def encode(path: Path, times=None, count=40, fps=15, height=48, width=64, gop=12) -> None:
        pts = np.arange(count) * 1000 // fps if times is None else np.asarray(times)  # milliseconds
        rng = np.random.default_rng(0)
        background = rng.integers(0, 200, (height, width, 3), dtype=np.uint8)
        options = {"g": str(gop), "bf": "2", "preset": "veryfast"}
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=1000, options=options)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for number, time in enumerate(pts):
                image = np.roll(background, 3 * number, axis=1)
                image[:, : 1 + number % width] = 255 - image[:, : 1 + number % width]
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts = int(time)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())

    return write

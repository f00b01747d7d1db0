"""720p H.264 recordings like those of a webcam, made on the spot to measure with."""

from pathlib import Path

import av
import cv2
import numpy as np

HEIGHT, WIDTH, GOP = 720, 1280, 250
GROUP_FPS = 30  # of the group of pictures; the packets of a clip get times of their own
NOISE = 1.5  # standard deviation of the luma: a webcam by indoor light, after its own denoising


def write_clip(path: Path, seconds: int, group: Path, fps: int = 30, irregular: bool = False) -> Path:
    """A clip with a keyframe every 250 frames, its packets repeated from one group of pictures.

    Closed groups never refer to each other, so this is as hard to decode as a clip encoded throughout, and
    takes no time.

    Args:
        group: made by `write_group`.
        fps: frames a second; 30 is usual for webcams, StressID's paper names 15.
        irregular: frames at uneven times, one to four usual distances apart.
    """
    steps = np.random.default_rng(1).integers(1, 5, seconds * fps) if irregular else np.ones(seconds * fps)
    times = np.cumsum(steps).astype(int) - int(steps[0])
    with av.open(str(group)) as source, av.open(str(path), "w") as target:
        template = source.streams.video[0]
        packets = [packet for packet in source.demux(template) if packet.size]
        ticks = int(1 / (GROUP_FPS * template.time_base))  # of a frame of the group
        distance = ticks * GROUP_FPS // fps  # of a frame of the clip
        order = [
            (packet.pts // ticks, packet.dts // ticks, packet.is_keyframe, bytes(packet))
            for packet in packets
        ]
        stream = target.add_stream_from_template(template)
        for start in range(0, len(times), GOP):
            for pts, dts, is_keyframe, content in order:
                if start + pts >= len(times):
                    break  # in decoding order, so that no frame is left without those it refers to
                packet = av.Packet(content)
                packet.stream, packet.time_base = stream, template.time_base
                packet.pts, packet.dts = (_time(times, start + place) * distance for place in (pts, dts))
                packet.is_keyframe = is_keyframe
                target.mux(packet)
    return path


def write_group(path: Path) -> Path:
    """One group of pictures: a textured face that sways before a wall, with noise; x264's defaults."""
    rng = np.random.default_rng(0)
    wall, face = _texture(rng, HEIGHT, WIDTH, 30), _texture(rng, 400, 300, 4)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=GROUP_FPS, options={"g": str(GOP), "sc_threshold": "0"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(GOP):
            x, y = int(490 + 20 * np.sin(number / 9)), int(160 + 10 * np.sin(number / 7))
            luma = wall.copy()
            luma[y : y + 400, x : x + 300] = face
            luma = cv2.add(luma, rng.normal(0, NOISE, luma.shape).astype(np.int16), dtype=cv2.CV_8U)
            chroma = np.full((HEIGHT // 2, WIDTH), 128, np.uint8)
            frame = av.VideoFrame.from_ndarray(np.concatenate([luma, chroma]), format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _time(times: np.ndarray, place: int) -> int:
    """Decoding times of the first frames lie before the beginning."""
    return int(times[place]) if place >= 0 else place


def _texture(rng, height: int, width: int, scale: float) -> np.ndarray:
    noise = rng.integers(0, 256, (height, width), dtype=np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), scale), None, 30, 220, cv2.NORM_MINMAX)

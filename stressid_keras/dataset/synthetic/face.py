"""Synthetic video: a drawn head and shoulders whose movement and expression follow an arousal."""

from pathlib import Path

import cv2
import numpy as np

from stressid_keras.errors import StressIDError

SHIFT = 4  # fractional bits of drawn coordinates: movement of less than a pixel shows
DARK, WHITE, LIPS = (40, 30, 30), (235, 235, 235), (70, 60, 160)  # blue, green, red


def face(arousal: float, person: np.random.Generator, rng: np.random.Generator, shape) -> np.ndarray:
    """Frames (frames, height · 3 / 2, width) in uint8, as planar YUV 4:2:0 (the layout of cv2's I420).

    With arousal the head sways and nods further and faster, the eyes blink more often, the inner ends of the
    brows go down and the corners of the mouth too.

    Args:
        arousal: about 0 (calm) to 2 (stressed).
        person: gives what stays the same for a subject: colours, proportions, position, habits.
        rng: gives what differs between recordings.
        shape: frames, frames per second, height and width in pixels (even).
    """
    frames, fps, height, width = shape
    look = _look(person, height, width)
    drawn = _shapes(look, _pose(arousal, person, rng, np.arange(frames) / fps))
    noise = rng.normal(0, 2, (8, height, width)).astype(np.int16)
    brightness = 1 + 0.015 * rng.standard_normal(frames)
    which = rng.integers(0, len(noise), frames)
    video = np.empty((frames, height * 3 // 2, width), np.uint8)
    for frame in range(frames):
        yuv = cv2.cvtColor(_draw(look["background"].copy(), drawn, frame), cv2.COLOR_BGR2YUV_I420)
        light = yuv[:height]
        cv2.addWeighted(light, brightness[frame], noise[which[frame]], 1, 0, light, cv2.CV_8U)
        video[frame] = yuv
    return video


def write_mp4(path: Path, frames: np.ndarray, fps: int) -> None:
    """Write planar YUV 4:2:0 frames as H.264; single-threaded, so that equal frames give equal files.

    Raises:
        StressIDError: PyAV is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise StressIDError(
            "Synthetic video is written with PyAV, which is not installed; expected the package 'av': "
            "pip install av."
        ) from error
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1] * 2 // 3, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.options = {"preset": "ultrafast", "crf": "28"}  # encoding is most of the time a tree takes
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="yuv420p")))
        container.mux(stream.encode())


def _look(person: np.random.Generator, height: int, width: int) -> dict:
    """What a person looks like: colours (blue, green, red), lengths in pixels, and the background."""
    head = height * person.uniform(0.29, 0.34)  # half the height of the head
    wall = person.uniform(90, 220, 3)
    light = np.linspace(0.85, 1.1, width)[:, None] * np.linspace(1.05, 0.9, height)[:, None, None]
    return {
        "background": np.clip(wall * light, 0, 255).astype(np.uint8),
        "head": head,
        "face": head * person.uniform(0.7, 0.8),  # half its width
        "centre": np.array([width * person.uniform(0.44, 0.56), height * person.uniform(0.42, 0.48)]),
        "skin": (np.array([150, 180, 225]) * person.uniform(0.45, 1.05)).tolist(),
        "hair": (np.array([60, 80, 110]) * person.uniform(0.2, 1.3)).tolist(),
        "clothes": person.uniform(20, 230, 3).tolist(),
    }


def _pose(arousal: float, person: np.random.Generator, rng: np.random.Generator, time: np.ndarray) -> dict:
    """Position and expression per frame, in half heads: `x`, `y`, `brow`, `mouth`; and `blink`, a bool."""
    restless = np.clip(0.35 + 0.4 * arousal + 0.12 * person.standard_normal(), 0.08, 1.8)
    speed = np.clip(0.25 + 0.2 * arousal + 0.05 * person.standard_normal(), 0.1, 1)  # Hz
    blinks = np.clip(0.2 + 0.25 * arousal + 0.08 * person.standard_normal(), 0.05, 1.5)  # per second
    brow = 0.06 * person.standard_normal() + 0.14 * (arousal - 1)
    mouth = 0.08 * person.standard_normal() + 0.26 * (1 - arousal)
    begun = rng.uniform(0, time[-1] + 0.15, rng.poisson(blinks * (time[-1] + 0.15))) - 0.15
    return {
        "x": 0.2 * restless * _sway(time, speed, rng),
        "y": 0.1 * restless * _sway(time, 1.5 * speed, rng),
        "brow": brow + 0.02 * _sway(time, 0.3, rng),
        "mouth": mouth + 0.04 * _sway(time, 0.4, rng),
        "blink": ((time[:, None] >= begun) & (time[:, None] < begun + 0.15)).any(axis=1),
    }


def _sway(time: np.ndarray, speed: float, rng: np.random.Generator) -> np.ndarray:
    """A smooth curve of variance about one around `speed` hertz; same shape as `time`."""
    frequency, phase = speed * rng.uniform(0.6, 1.4, (3, 1)), rng.uniform(0, 2 * np.pi, (3, 1))
    return np.sin(2 * np.pi * frequency * time + phase).sum(axis=0) * np.sqrt(2 / 3)


def _shapes(look: dict, pose: dict) -> list[tuple]:
    """What is drawn, back to front.

    Returns:
        Per shape: points (frames, points, 2), ellipse axes or None, colour, thickness, shown (frames,).
        Points and axes are in 1 / 2**SHIFT pixels.
    """
    head, half = look["head"], look["face"]
    always = np.ones(len(pose["x"]), bool)
    shapes = []

    def add(points, colour, axes=None, thickness=-1, shown=always):
        points = np.stack([np.stack(np.broadcast_arrays(*point, always)[:2], 1) for point in points], 1)
        axes = None if axes is None else tuple(np.round(np.array(axes) * (1 << SHIFT)).astype(int).tolist())
        shapes.append((np.round(points * (1 << SHIFT)).astype(np.int32), axes, colour, thickness, shown))

    x, y = look["centre"][0] + head * pose["x"], look["centre"][1] + head * pose["y"]
    shoulders = look["centre"][0] + 0.3 * head * pose["x"]
    add([(shoulders, look["centre"][1] + 1.9 * head)], look["clothes"], (1.9 * half, 0.9 * head))
    add([(x, y - 0.12 * head)], look["hair"], (1.08 * half, 1.02 * head))
    add([(x, y + 0.08 * head)], look["skin"], (half, 0.92 * head))
    thick = max(1, round(head / 14))
    for side in (-1, 1):
        eye, level = x + side * 0.42 * half, y - 0.1 * head
        add([(eye, level)], WHITE, (0.2 * half, 0.1 * head), shown=~pose["blink"])
        add([(eye, level)], DARK, (0.09 * half, 0.09 * head), shown=~pose["blink"])
        lid = [(eye - 0.2 * half, level), (eye + 0.2 * half, level)]
        add(lid, DARK, thickness=1, shown=pose["blink"])
        inner = (x + side * 0.2 * half, y + (-0.32 + pose["brow"]) * head)
        outer = (x + side * 0.66 * half, y + (-0.32 - 0.4 * pose["brow"]) * head)
        add([inner, outer], DARK, thickness=thick)
    across = np.linspace(-1, 1, 9)
    mouth = [(x + 0.42 * half * u, y + (0.52 + pose["mouth"] * (0.5 - u**2)) * head) for u in across]
    add(mouth, LIPS, thickness=thick + 1)
    return shapes


def _draw(picture: np.ndarray, shapes: list[tuple], frame: int) -> np.ndarray:
    """Draw one frame's shapes on a picture (height, width, 3), blue-green-red, and return it."""
    for points, axes, colour, thickness, shown in shapes:
        if not shown[frame]:
            continue
        if axes is None:
            cv2.polylines(picture, [points[frame]], False, colour, thickness, cv2.LINE_AA, SHIFT)
        else:
            centre = points[frame, 0].tolist()
            cv2.ellipse(picture, centre, axes, 0, 0, 360, colour, thickness, cv2.LINE_AA, SHIFT)
    return picture

"""Drawn faces whose place is known, and films of them, for the tests of more than one room."""

from pathlib import Path

import av
import cv2
import numpy as np

SKIN, HAIR, DARK, LIPS, WHITE = (214, 165, 130), (70, 45, 30), (40, 25, 20), (170, 70, 75), (240, 240, 240)
WIDTH, HEIGHT = 1280, 720  # pixels, of a webcam


def background(height=HEIGHT, width=WIDTH, seed=0) -> np.ndarray:
    """A blurred grey wall (height, width, 3) uint8, in which there is no face."""
    coarse = np.random.default_rng(seed).integers(120, 140, (height // 40 + 1, width // 40 + 1), np.uint8)
    return np.repeat(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None], 3, axis=2)


def draw_face(
    picture: np.ndarray, x: float, y: float, width: float, skin=SKIN, eyes=1.0, mouth=0.0, brows=0.0
) -> np.ndarray:
    """Draw a face from ear to ear `width` pixels wide, the nose at (x, y), on a picture, and return it.

    Args:
        eyes: how far they are open, 0 to 1.
        mouth, brows: how far it is open and they are raised, in half widths of the face.
    """
    half = width / 2

    def ellipse(dx, dy, across, down, colour, turn=0.0, arc=(0, 360), thickness=-1):
        centre = (round(16 * (x + dx * half)), round(16 * (y + dy * half)))
        axes = (round(16 * across * half), round(16 * down * half))
        cv2.ellipse(picture, centre, axes, turn, *arc, colour, thickness, cv2.LINE_AA, 4)

    thick = max(1, round(half / 14))
    ellipse(0, 2.6, 1.9, 1.3, (60, 80, 120))  # shoulders
    ellipse(0, -0.25, 1.1, 1.35, HAIR)
    ellipse(0, 0, 1, 1.3, skin)
    for side in (-1, 1):
        ellipse(0.42 * side, -0.3, 0.2, 0.11 * eyes, WHITE if eyes else DARK)
        ellipse(0.42 * side, -0.3, 0.1, 0.1 * eyes, DARK)
        ellipse(0.42 * side, -0.45 - brows, 0.26, 0.12, HAIR, 0, (200, 340), thick)
    ellipse(0, 0.16, 0.16, 0.1, tuple(round(0.8 * level) for level in skin), 0, (0, 180), thick)
    ellipse(0, 0.58 + mouth / 2, 0.36, 0.12 + mouth / 2, LIPS)
    ellipse(0, 0.57 + mouth / 2, 0.34, 0.02 + mouth / 2, DARK)
    return picture


def write_film(path: Path, pictures, fps=4) -> Path:
    """An H.264 film of pictures (H, W, 3), RGB."""
    pictures = list(pictures)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "20"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")))
        container.mux(stream.encode())
    return path

"""The frames of a window, cut to the face in them."""

import dataclasses
import math

import numpy as np

from stressid_keras.config import LARGEST_ARRAY, VideoConfig
from stressid_keras.media.film.frames import shrink
from stressid_keras.preprocessing.faces.box import window_box
from stressid_keras.preprocessing.faces.search import find_faces

VERSION = 1  # raised when the same frames give another box
MOST_PIXELS = 4_096  # a side: more than any webcam has


def full_size(config: VideoConfig) -> VideoConfig:
    """How frames are read that are searched: as recorded, unless all of a window's would not fit into memory.

    Sixteen frames of up to 2364 pixels are read as they are; larger ones are shrunk to that.
    """
    fitting = math.isqrt(LARGEST_ARRAY // (3 * config.frames))
    return dataclasses.replace(config, crop="frame", max_side=min(fitting, MOST_PIXELS))


def face_frames(frames: np.ndarray, max_side: int) -> tuple[np.ndarray, float]:
    """Cut the frames of a window to one box about its face, and shrink what is left.

    Where no frame has a face, they are shrunk as they are.

    Args:
        frames: (n, H, W, 3) uint8, RGB, upright.
        max_side: pixels of the longer side of what is returned; nothing is enlarged.

    Returns:
        (n, h, w, 3) uint8, and the share of frames in which the face was found.
    """
    box, count = window_box([find_faces(frame) for frame in frames], *frames.shape[1:3])
    cut = frames if box is None else box.cut(frames)
    return np.stack([shrink(frame, max_side) for frame in cut]), round(count / len(frames), 6)

"""One square about the face of a window, from the faces that were found in its frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Of the face's side, left free on each of its sides: BlazeFace's box ends at the chin and just above the brows, over
# which a forehead is half as high as what lies below them; and a head moves within a minute. MediaPipe adds .25 to the
# same box for its face mesh (face_detection_front_detection_to_roi.pbtxt), which then moves with the face.
MARGIN = 0.3
# A face that is larger than the one found most often is the window's if it is in more than this share of as many
# frames: who sits before the camera may look away, and what is taken for a face once or twice is none.
RIVAL_SHARE = 0.5
LARGER = 2.0  # times another's side: it is another face, or none


@dataclass(frozen=True)
class Box:
    """A part of a picture, whole pixels: rows [top, top + height), columns [left, left + width)."""

    top: int
    left: int
    height: int
    width: int

    def cut(self, frames: np.ndarray) -> np.ndarray:
        """(n, height, width, 3) of (n, H, W, 3)."""
        return frames[:, self.top : self.top + self.height, self.left : self.left + self.width]


def window_box(faces: Sequence[np.ndarray], height: int, width: int) -> tuple[Box | None, int]:
    """The box for all frames of a window, and in how many of them its face was found.

    Where there are several faces, it is the largest of those that are found in many frames. The box has the median
    centre and the median side of that face, plus the margin; at an edge of the picture it is moved inwards. It is
    square unless that is more than the picture's height or width, to which it is then cut. The order of the frames and
    of the faces in them does not matter.

    Args:
        faces: of each frame, (n, 3): x and y of the centre, side, in pixels.
        height, width: of the picture, pixels.

    Returns:
        None and 0 where no frame has a face.
    """
    found = [np.asarray(some, np.float64).reshape(-1, 3) for some in faces]
    every, frames = np.concatenate(found), np.repeat(np.arange(len(found)), [len(some) for some in found])
    if not len(every):
        return None, 0
    order = np.lexsort(every.T)  # of equals, the same one whatever frame it comes from
    every, frames = every[order], frames[order]
    same = _chosen(every, frames)
    x, y, side = np.median(every[same], axis=0)
    side *= 1 + 2 * MARGIN
    inner = [int(np.clip(round(side), 1, most)) for most in (height, width)]
    top, left = (
        int(np.clip(round(middle - size / 2), 0, most - size))
        for middle, size, most in zip((y, x), inner, (height, width), strict=True)
    )
    return Box(top, left, *inner), len(np.unique(frames[same]))


def _chosen(every: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """(n,) bool: which of all detections (n, 3) are of the window's face, given the frames that they are in."""
    alike = _alike(every)
    counts = np.array([len(np.unique(frames[same])) for same in alike])
    often = counts > RIVAL_SHARE * counts.max()
    sides = np.array([np.median(every[same, 2]) for same in alike])
    largest = alike[np.where(often, sides, 0).argmax()]
    # Of its detections, one that most others resemble, not one of a moment at which the head was near.
    return alike[np.where(largest & often, counts, 0).argmax()]


def _alike(every: np.ndarray) -> np.ndarray:
    """(n, n) bool: which pairs of detections may be of one face."""
    x, y, side = every.T
    larger = np.maximum(side, side[:, None])
    return (np.hypot(x - x[:, None], y - y[:, None]) <= larger) & (
        larger <= LARGER * np.minimum(side, side[:, None])
    )

"""What a face does in a window's frames: how far eyes and mouth are open, how high the brows are."""

import numpy as np

from stressid_keras.preprocessing.faces.landmarks import find_landmarks

# Points of MediaPipe's face mesh, by the person's right and left. Eyes: outer corner, two of the upper lid, inner
# corner, two of the lower lid, in the order of Soukupová and Čech (p1 to p6).
EYES = {"right": (33, 160, 158, 133, 153, 144), "left": (263, 387, 385, 362, 380, 373)}
BROWS = {"right": (105, 159), "left": (334, 386)}  # middle of the brow, middle of the lid below it
INNER_BROWS = (107, 336)
LIPS, CORNERS = (13, 14), (61, 291)  # inner edges of upper and lower lip; corners of the mouth
CLOSED = (
    0.2  # eye aspect ratio below which an eye counts as closed, as is usual: that of an open one is about .3
)

RATIOS = (
    "eye_right",
    "eye_left",
    "brow_right",
    "brow_left",
    "brow_distance",
    "mouth_opening",
    "mouth_width",
)
NAMES = (*(f"{ratio}_{statistic}" for ratio in RATIOS for statistic in ("mean", "std")), "closed_share")


def expression(frames: np.ndarray) -> np.ndarray:
    """Mean and standard deviation over the frames of ratios of distances in the face, and how often eyes are closed.

    Of each eye its aspect ratio, height over width, after Soukupová and Čech, "Real-Time Eye Blink Detection using
    Facial Landmarks", Computer Vision Winter Workshop, 2016. In units of the distance between the eyes: height of each
    brow above its lid, distance of the inner brows, opening and width of the mouth. Share of frames in which both eyes'
    mean aspect ratio is below .2: from sixteen frames a minute it tells how long eyes are closed, not how often they
    blink.

    Args:
        frames: (n, H, W, 3) uint8, RGB.

    Returns:
        (15,) float64, in the order of `NAMES`; NaN where no frame has a face.
    """
    found = [points for frame in frames if (points := find_landmarks(frame)) is not None]
    if not found:
        return np.full(len(NAMES), np.nan)
    ratios = np.array([_ratios(points) for points in found])
    closed = ratios[:, :2].mean(axis=1) < CLOSED
    return np.append(np.stack([ratios.mean(axis=0), ratios.std(axis=0)], axis=1).ravel(), closed.mean())


def _ratios(points: np.ndarray) -> list[float]:
    """`RATIOS` of one face's landmarks (468, 2)."""

    def distance(first: int, second: int) -> float:
        return float(np.hypot(*(points[first] - points[second])))

    def share(part: float, whole: float) -> float:
        return part / whole if whole else np.nan

    eyes = []
    for outer, upper_out, upper_in, inner, lower_in, lower_out in EYES.values():
        height = distance(upper_out, lower_out) + distance(upper_in, lower_in)
        eyes.append(share(height, 2 * distance(outer, inner)))
    centres = [points[[eye[0], eye[3]]].mean(axis=0) for eye in EYES.values()]
    between = float(np.hypot(*(centres[0] - centres[1])))
    others = [*BROWS.values(), INNER_BROWS, LIPS, CORNERS]
    return [*eyes, *(share(distance(*pair), between) for pair in others)]

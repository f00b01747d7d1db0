"""What a window's frames show on average, in few pixels."""

import numpy as np

SIDE = 16  # pixels
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def mean_picture(frames: np.ndarray) -> np.ndarray:
    """The frames' mean, grey, shrunk to 16 by 16 pixels, each the mean of what it covers.

    Minus the same of the person's other recordings, it shows what in the face is other than usual, after the
    eigenfaces of Turk and Pentland, "Eigenfaces for Recognition", Journal of Cognitive Neuroscience 3, 1991, which are
    differences from a mean face, too.

    Args:
        frames: (n, H, W, 3), RGB of any range.

    Returns:
        (256,) float32, row by row, in the range of the frames.
    """
    import cv2

    grey = np.mean(frames, axis=0, dtype=np.float32) @ np.asarray(LUMA, np.float32)
    return cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).ravel()


def pixel_names(modality: str) -> list[str]:
    """Of the pixels of `mean_picture`, by row and column from 0, in its order."""
    return [f"{modality}_pixel_{row}_{column}" for row in range(SIDE) for column in range(SIDE)]

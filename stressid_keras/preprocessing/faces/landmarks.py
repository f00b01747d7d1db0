"""Where eyes, brows and mouth are in a picture of a face: MediaPipe's face mesh."""

import cv2
import numpy as np

from stressid_keras.preprocessing.faces.models import LANDMARKS, network
from stressid_keras.preprocessing.faces.search import find_faces

SIDE = 192  # pixels of the square that the network takes
SCALE = 1.5  # of that square to BlazeFace's box: face_detection_front_detection_to_roi.pbtxt
LEAST_LOGIT = 0.0  # of there being a face: a probability of one half, as in face_landmark_cpu.pbtxt


def find_landmarks(image: np.ndarray) -> np.ndarray | None:
    """The 468 points of the largest face in a picture, which may be one of few pixels.

    Source: Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", CVPR Workshop on
    Computer Vision for Augmented and Virtual Reality, 2019. Unlike MediaPipe it does not turn the face upright first,
    which ratios of distances do not need where a head is tilted a little.

    Args:
        image: (H, W, 3) uint8, RGB, upright.

    Returns:
        (468, 2) float64: x and y in pixels of the picture; None where no face is found.
    """
    faces = find_faces(image)
    if not len(faces):
        return None
    x, y, side = faces[faces[:, 2].argmax()]
    scale, half = SIDE / (SCALE * side), SCALE * side / 2
    matrix = np.array([[scale, 0, scale * (half - x)], [0, scale, scale * (half - y)]])
    square = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    points, logit = network(LANDMARKS)(square / np.float32(255))
    if logit.item() <= LEAST_LOGIT:
        return None
    return points.reshape(-1, 3)[:, :2].astype(np.float64) / scale + (x - half, y - half)

"""The faces in one picture, by BlazeFace."""

import functools

import cv2
import numpy as np

from stressid_keras.preprocessing.faces.models import FULL_RANGE, SHORT_RANGE, Variant, network

LARGEST_LOGIT = 80.0  # beyond it exp overflows in float32
# Score from which on the short-range network alone is believed. Where a face was too small for it, what it took for one
# scored up to .62, and the full-range network .86 and more at the right place (docs/log.md).
SURE = 0.75
SAME_FACE = 0.3  # overlap from which on two boxes are of one face: MediaPipe's min_suppression_threshold


def find_faces(image: np.ndarray) -> np.ndarray:
    """Boxes of the faces in a picture: by the short-range network, and where that finds none or is in doubt also by the
    full-range one, of which the more certain one is believed.

    Source: Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", CVPR Workshop on
    Computer Vision for Augmented and Virtual Reality, 2019, as MediaPipe runs it: the picture is fitted into the
    network's square, proportions kept, on black; boxes are offsets from anchors; those of one face become their mean,
    weighted by score.

    Args:
        image: (H, W, 3) uint8, RGB, upright.

    Returns:
        (n, 3) float64: x and y of the centre and the side, in pixels, most certain first. A box reaches from the
        brows to the chin.
    """
    near, certainty = found_by(SHORT_RANGE, image)
    if certainty >= SURE:
        return near
    far, other = found_by(FULL_RANGE, image)
    return far if other > certainty else near


def found_by(variant: Variant, image: np.ndarray) -> tuple[np.ndarray, float]:
    """Boxes as `find_faces`, by one of the networks, and the score of the most certain one; 0 where there is none."""
    fitted, scale, left, top = _fitted(image, variant.side)
    raw, logits = network(variant.file)(fitted)
    scores = 1 / (1 + np.exp(-np.clip(logits[:, 0].astype(np.float64), -LARGEST_LOGIT, LARGEST_LOGIT)))
    chosen = np.flatnonzero(scores > variant.least_score)
    offsets = raw[chosen].astype(np.float64)
    centres = offsets[:, :2] + _anchors(variant)[chosen] * variant.side
    boxes = np.concatenate([centres - offsets[:, 2:4] / 2, centres + offsets[:, 2:4] / 2], axis=1)
    whole = np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    merged = _merged(boxes[whole], scores[chosen][whole])
    x, y = merged[:, [0, 2]].mean(axis=1) - left, merged[:, [1, 3]].mean(axis=1) - top
    side = np.maximum(merged[:, 2] - merged[:, 0], merged[:, 3] - merged[:, 1])
    return np.stack([x, y, side], axis=1) / scale, float(scores[chosen][whole].max(initial=0))


def _fitted(image: np.ndarray, side: int) -> tuple[np.ndarray, float, int, int]:
    """The picture in a square, in [-1, 1], and how: scale, and the black columns and rows before it."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    inner = max(1, round(height * scale)), max(1, round(width * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    top, left = (side - inner[0]) // 2, (side - inner[1]) // 2
    square = np.full((side, side, 3), -1, np.float32)
    shrunk = cv2.resize(image, inner[::-1], interpolation=method)
    square[top : top + inner[0], left : left + inner[1]] = shrunk / np.float32(127.5) - 1
    return square, scale, left, top


@functools.cache
def _anchors(variant: Variant) -> np.ndarray:
    """(anchors, 2): x and y of their centres, of 1; row by row, those of one cell one after the other."""
    grids = []
    for cells, count in variant.grid:
        middles = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(middles, middles, indexing="ij")
        grids.append(np.stack([x, y], axis=-1).reshape(-1, 2).repeat(count, axis=0))
    return np.concatenate(grids)


def _merged(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Boxes (n, 4) of the same face become one, the best face first."""
    found = []
    while len(boxes):
        same = _overlaps(boxes, boxes[scores.argmax()]) > SAME_FACE
        found.append(np.average(boxes[same], axis=0, weights=scores[same]))
        boxes, scores = boxes[~same], scores[~same]
    return np.array(found).reshape(-1, 4)


def _overlaps(boxes: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Intersection over union of each with one of them."""
    corners = np.maximum(boxes[:, :2], box[:2]), np.minimum(boxes[:, 2:], box[2:])
    common = np.prod(np.maximum(0, corners[1] - corners[0]), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return common / (areas + np.prod(box[2:] - box[:2]) - common)

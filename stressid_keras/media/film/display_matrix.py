"""How a film wants its frames to be shown: turned by quarters, mirrored, or both."""

from pathlib import Path

import numpy as np

from stressid_keras.errors import RecordingError

UPRIGHT = np.eye(2)
MATRIX = "DISPLAYMATRIX"  # of a frame's side data: nine int32, by rows
MAX_TILT = 15.0  # degrees off a quarter turn that are still taken for one: phones write quarters alone


def display_matrix(frame) -> np.ndarray:
    """The linear part (2, 2) of a decoded frame's display matrix; where it has none, or an empty one, the identity.

    The first row is where the stored x axis points on the display, the second where the stored y axis does, in units
    of 1 / 65536; both count rightwards and downwards. Source: ISO/IEC 14496-12, 8.3.2 and 6.2.2.
    """
    data = frame.side_data.get(MATRIX)
    if data is None:
        return UPRIGHT
    linear = np.frombuffer(bytes(data), "<i4", count=9).reshape(3, 3)[:2, :2].astype(np.float64)
    return linear if linear.any() else UPRIGHT


def upright(image: np.ndarray, matrix: np.ndarray, name: str) -> np.ndarray:
    """A stored image (H, W, …) as its display matrix shows it; a scale in the matrix is left aside.

    Args:
        name: of the file, for the sentence.

    Raises:
        RecordingError: it is to be shown at an angle that is far from quarter turns.
    """
    transposed = np.abs(matrix).trace() < np.abs(matrix)[::-1].trace()  # rows become columns
    along = matrix[::-1] if transposed else matrix  # by axis of the display: what is shown along x, along y
    _check_tilt(along, name)
    image = image.swapaxes(0, 1) if transposed else image
    backwards = along.diagonal() < 0
    return image[:: -1 if backwards[1] else 1, :: -1 if backwards[0] else 1]


def _check_tilt(along: np.ndarray, name: str) -> None:
    off_axis = np.abs(along[:, ::-1].diagonal())
    tilt = np.degrees(np.arctan2(off_axis, np.abs(along.diagonal()))).max()
    if tilt > MAX_TILT:
        raise RecordingError(
            f"{Path(name).name} is to be shown turned by {tilt:.0f}° off a quarter turn; expected quarter turns: "
            "re-encode it upright."
        )

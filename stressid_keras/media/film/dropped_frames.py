"""How many frames a film lacks where its picture stood still."""

import numpy as np

NEIGHBOURS = 10  # gaps on either side that tell what is usual
USUAL = 0.9  # quantile of them: a distance that comes back within some ten frames is the camera's own rhythm


def dropped_frames(times: np.ndarray, first: int, after: int, start: float, stop: float) -> int:
    """Frames that the gaps of a span would have held, had the camera gone on as it did around them.

    A gap is compared with the longer ones among its neighbours, not with the film's median: a camera that alternates
    between two distances, or slows down in the dark, drops nothing, and a picture that stands still for seconds does.
    A gap that begins before the span or ends after it counts by the share that lies inside.

    Args:
        times: of all frames, ascending, in any unit.
        first, after: indices of the first frame in the span, and of the first one behind it.
        start, stop: of the span, in the same unit.
    """
    low, high = max(0, first - 1 - NEIGHBOURS), after + 1 + NEIGHBOURS
    near = times[low:high].astype(np.float64)
    gaps = np.diff(near)
    if len(gaps) < 2:
        return 0
    inside = np.minimum(near[1:], stop) - np.maximum(near[:-1], start)
    total = 0.0
    for index in np.flatnonzero(
        (gaps >= 1.5 * gaps.min()) & (inside > 0)
    ):  # the others cannot round up to two
        around = np.concatenate([gaps[max(0, index - NEIGHBOURS) : index], gaps[index + 1 :][:NEIGHBOURS]])
        usual = np.quantile(around, USUAL, method="lower")
        total += max(0.0, np.rint(gaps[index] / usual) - 1) * min(1.0, inside[index] / gaps[index])
    return int(np.rint(total))

"""Evenly spaced frames of a video, chosen by presentation time."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from stressid_keras.config import VideoConfig
from stressid_keras.errors import RecordingError
from stressid_keras.preprocessing.containers import check_not_truncated


def read_frames(path: Path, start: float, stop: float, config: VideoConfig) -> np.ndarray:
    """Evenly spaced RGB frames of a span.

    Of the `total` frames that are shown in [start, stop), those of index int(i * total / frames) are taken;
    where there are fewer than `frames`, some repeat. Times come from the packets, so that a variable frame
    rate is exact, and only the part of the file that holds these frames is decoded.

    Args:
        start, stop: seconds from the first frame.

    Returns:
        (frames, H, W, 3) uint8, upright, the longer side at most `config.max_side`.

    Raises:
        RecordingError: no video that can be read, truncated, or no frame in the span.
    """
    return read_frames_and_dropped(path, start, stop, config)[0]


def read_frames_and_dropped(
    path: Path, start: float, stop: float, config: VideoConfig
) -> tuple[np.ndarray, int, int]:
    """As `read_frames`, and how many frames the span holds, and how many more its gaps would have held."""
    path = Path(path)
    timeline = _timeline(path)
    inside = timeline.between(start, stop)
    if not inside:
        raise RecordingError(
            f"{path.name} has no frame between {start:g} and {stop:g} s; expected at least one."
        )
    targets = [inside[int(i * len(inside) / config.frames)] for i in range(config.frames)]
    frames = _decode(path, timeline, targets, config)
    return np.stack([frames[target] for target in targets]), len(inside), _dropped(inside)


def _dropped(times: list[int]) -> int:
    """Frames missing in gaps of at least two usual distances between frames."""
    gaps = np.diff(times)
    usual = max(1.0, float(np.median(gaps))) if len(gaps) else 1.0
    return int(np.maximum(np.rint(gaps / usual) - 1, 0).sum())


def video_seconds(path: Path) -> float:
    """Length in seconds, from the first frame's appearance to the end of the last; nothing is decoded.

    Raises:
        RecordingError: as `read_frames`.
    """
    timeline = _timeline(Path(path))
    return timeline.seconds(timeline.times[-1]) + timeline.last_duration


@dataclass(frozen=True)
class _Timeline:
    times: list[int]  # presentation times in display order, in units of time_base
    keyframes: list[tuple[int, int]]  # presentation and decoding time of each keyframe
    time_base: float  # seconds
    last_duration: float  # seconds

    def seconds(self, time: int) -> float:
        return (time - self.times[0]) * self.time_base

    def between(self, start: float, stop: float) -> list[int]:
        return [time for time in self.times if start <= self.seconds(time) < stop]

    def seek_point(self, target: int) -> int | None:
        """Decoding time of the last keyframe shown at or before the target; None: the beginning will do."""
        before = [key for key in self.keyframes if key[0] <= target]
        return max(before)[1] if len(before) > 1 else None


def _timeline(path: Path) -> _Timeline:
    """Read all packets' times without decoding one."""
    with _open(path) as (container, stream):
        packets = [packet for packet in container.demux(stream) if packet.size and not packet.is_discard]
        time_base = float(stream.time_base)
        shown = sorted((packet.pts, packet.duration or 0) for packet in packets if packet.pts is not None)
        keyframes = [
            (packet.pts, packet.dts)
            for packet in packets
            if packet.is_keyframe and None not in (packet.pts, packet.dts)
        ]
    if not shown:
        raise RecordingError(f"{path.name} holds no video frames; expected a video.")
    times = [time for time, _ in shown]
    spacing = (times[-1] - times[0]) / max(1, len(times) - 1)
    return _Timeline(times, keyframes, time_base, (shown[-1][1] or spacing) * time_base)


def _decode(
    path: Path, timeline: _Timeline, targets: list[int], config: VideoConfig
) -> dict[int, np.ndarray]:
    """Decode from the keyframe before the first target to the last one; keep the targets."""
    wanted, found = set(targets), {}
    with _open(path) as (container, stream):
        point = timeline.seek_point(targets[0])
        if point is not None:
            container.seek(point, stream=stream)
        for frame in container.decode(stream):
            if frame.pts in wanted:
                found[frame.pts] = _shrink(_upright(frame), config.max_side)
            if len(found) == len(wanted):
                return found
    missed = timeline.seconds(min(wanted - set(found)))
    raise RecordingError(f"{path.name} is damaged: its frame at {missed:.2f} s cannot be decoded.")


def _upright(frame: av.VideoFrame) -> np.ndarray:
    """The frame as RGB, turned as its display matrix says."""
    image = frame.to_ndarray(format="rgb24", threads=1)
    return np.rot90(image, round(frame.rotation / 90)) if frame.rotation else image


def _shrink(image: np.ndarray, max_side: int) -> np.ndarray:
    height, width = image.shape[:2]
    scale = max_side / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(image)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)


@contextlib.contextmanager
def _open(path: Path) -> Iterator[tuple]:
    """The container and its first video stream; FFmpeg's errors become a RecordingError."""
    check_not_truncated(path)
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise RecordingError(f"{path.name} has no video stream; expected a video.")
            yield container, container.streams.video[0]
    except av.error.FFmpegError as error:
        raise RecordingError(
            f"{path.name} cannot be read as a video ({error.strerror}); expected an MP4."
        ) from None

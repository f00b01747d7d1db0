"""Evenly spaced frames of a video, chosen by presentation time."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from stressid_keras.config import VideoConfig
from stressid_keras.errors import RecordingError
from stressid_keras.preprocessing.timeline import Stretch, Timeline, open_video, read_timeline, timeline_of

# Codecs in which nothing ever refers to a frame marked as no reference. Not HEVC: higher temporal layers may.
DROPPABLE = ("h264",)


def read_frames(path: Path, start: float, stop: float, config: VideoConfig) -> np.ndarray:
    """Evenly spaced RGB frames of a span.

    Of the `total` frames that are shown in [start, stop), those of index int(i * total / frames) are taken;
    where there are fewer than `frames`, some repeat. Times come from the packets, so that a variable frame
    rate is exact, and of the packets only those are decoded that these frames need.

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
    with open_video(path) as (container, stream):  # once: FFmpeg decodes a keyframe to open a file
        timeline = timeline_of(container, stream)
        inside = timeline.between(start, stop)
        if not inside:
            raise RecordingError(
                f"{path.name} has no frame between {start:g} and {stop:g} s; expected at least one."
            )
        targets = [inside[int(i * len(inside) / config.frames)] for i in range(config.frames)]
        wanted = set(targets)
        found = _collect(_decode_needed(container, stream, timeline, wanted), wanted, config)
    if len(found) < len(wanted):  # an index or reordering that misleads: decode all, as a player would
        found = _collect(_decode_all(path), wanted, config)
    if len(found) < len(wanted):
        missed = timeline.seconds(min(wanted - set(found)))
        raise RecordingError(f"{path.name} is damaged: its frame at {missed:.2f} s cannot be decoded.")
    return np.stack([found[target] for target in targets]), len(inside), _dropped(inside)


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
    timeline = read_timeline(Path(path))
    return timeline.seconds(timeline.times[-1]) + timeline.last_duration


def _collect(frames: Iterable[av.VideoFrame], wanted: set[int], config: VideoConfig) -> dict[int, np.ndarray]:
    found = {}
    for frame in frames:
        if frame.pts in wanted:
            found[frame.pts] = _shrink(_upright(frame), config.max_side)
        if len(found) == len(wanted):
            break
    return found


def _decode_needed(container, stream, timeline: Timeline, wanted: set[int]) -> Iterator[av.VideoFrame]:
    """Decode, of each stretch, the packets that are wanted or that others refer to, in order of packets."""
    context = stream.codec_context
    context.thread_count = 1  # what is skipped is set packet by packet, which threads would run ahead of
    droppable = context.name in DROPPABLE
    beginning = timeline.packets[0][0]
    for stretch in timeline.stretches(wanted):
        container.seek(beginning if stretch.keyframe is None else stretch.keyframe, stream=stream)
        for packet in _packets(container.demux(stream), stretch):
            if droppable:
                context.skip_frame = "DEFAULT" if packet.pts in stretch.targets else "NONREF"
            yield from packet.decode()
        yield from context.decode(None)  # what waits for its turn to be shown
        context.flush_buffers()


def _packets(packets: Iterable[av.Packet], stretch: Stretch) -> Iterator[av.Packet]:
    """From the keyframe, before which a seek may end, to the last packet of the stretch."""
    begun = stretch.keyframe is None
    for packet in packets:
        begun |= packet.pts == stretch.keyframe
        if begun and packet.size:
            yield packet
        if begun and packet.pts == stretch.last:
            return


def _decode_all(path: Path) -> Iterator[av.VideoFrame]:
    with open_video(path) as (container, stream):
        yield from container.decode(stream)


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

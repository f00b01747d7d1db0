"""Evenly spaced frames of a video, chosen by presentation time."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from stressid_keras.config import VideoConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.film.display_matrix import display_matrix, upright
from stressid_keras.media.film.dropped_frames import dropped_frames
from stressid_keras.media.film.timeline import Stretch, Timeline, read_timeline, timeline_of
from stressid_keras.media.film.video_file import open_video

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
        (frames, H, W, 3) uint8, upright and not mirrored, as the film's display matrix says, the longer side at most
        `config.max_side`. H and W are those of the span's first frame: where a film changes its size midway, later
        frames are fitted into them, proportions kept, on black.

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
        found = _collect(_decode_needed(container, stream, timeline, wanted), wanted, config, path)
    if len(found) < len(wanted):  # an index or reordering that misleads: decode all, as a player would
        found = _collect(_decode_all(path), wanted, config, path)
    if len(found) < len(wanted):
        missed = timeline.seconds(min(wanted - set(found)))
        raise RecordingError(f"{path.name} is damaged: its frame at {missed:.2f} s cannot be decoded.")
    height, width = found[targets[0]].shape[:2]
    frames = np.stack([_fitted(found[target], height, width) for target in targets])
    return frames, len(inside), _dropped(timeline, start, stop)


def _dropped(timeline: Timeline, start: float, stop: float) -> int:
    """Frames missing in the gaps of a span."""
    ends = (int(timeline.times[0]) + seconds / timeline.time_base for seconds in (start, stop))
    return dropped_frames(timeline.times, *timeline.indices(start, stop), *ends)


def video_seconds(path: Path) -> float:
    """Length in seconds, from the first frame's appearance to the end of the last; nothing is decoded.

    Raises:
        RecordingError: as `read_frames`.
    """
    timeline = read_timeline(Path(path))
    return timeline.seconds(int(timeline.times[-1])) + timeline.last_duration


def _collect(
    frames: Iterable[av.VideoFrame], wanted: set[int], config: VideoConfig, path: Path
) -> dict[int, np.ndarray]:
    found = {}
    for frame in frames:
        # FFmpeg marks what it had to make up: of a damaged stretch, or before a picture that was refreshed bit by bit
        # is whole, in which case decoding from the beginning gives it.
        if frame.pts in wanted and frame.pts not in found and not frame.is_corrupt:
            image = frame.to_ndarray(format="rgb24", threads=1)
            found[frame.pts] = shrink(upright(image, display_matrix(frame), path.name), config.max_side)
        if len(found) == len(wanted):
            break
    return found


def _decode_needed(container, stream, timeline: Timeline, wanted: set[int]) -> Iterator[av.VideoFrame]:
    """Decode, of each stretch, the packets that are wanted or that others refer to, in order of packets."""
    context = stream.codec_context
    context.thread_count = 1  # what is skipped is set packet by packet, which threads would run ahead of
    droppable = context.name in DROPPABLE
    for stretch in timeline.stretches(wanted):
        container.seek(timeline.beginning if stretch.keyframe is None else stretch.keyframe, stream=stream)
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


def shrink(image: np.ndarray, max_side: int) -> np.ndarray:
    """An image (H, W, 3) with its longer side at most `max_side` pixels; a smaller one as it is."""
    height, width = image.shape[:2]
    scale = max_side / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(image)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)


def _fitted(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """A frame of another size than the first one: its proportions are kept, in the middle, and the rest is black."""
    if image.shape[:2] == (height, width):
        return image
    scale = min(height / image.shape[0], width / image.shape[1])
    inner = tuple(max(1, round(side * scale)) for side in image.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.zeros((height, width, 3), np.uint8)
    top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
    canvas[top : top + inner[0], left : left + inner[1]] = cv2.resize(
        image, inner[::-1], interpolation=method
    )
    return canvas

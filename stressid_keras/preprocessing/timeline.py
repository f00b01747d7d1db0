"""When the frames of a video are shown and which packets they come from; nothing is decoded."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from stressid_keras.containers import check_not_truncated
from stressid_keras.errors import RecordingError


@dataclass(frozen=True)
class Stretch:
    """What has to be decoded for some frames: from a keyframe to the last packet that they need."""

    keyframe: int | None  # presentation time of the keyframe to seek to; None: the beginning of the file
    last: int  # presentation time of the last packet
    targets: frozenset[int]  # presentation times of the frames


@dataclass(frozen=True)
class Timeline:
    """Presentation times from the packets, so that a variable frame rate is exact."""

    times: list[int]  # in display order, in units of time_base
    packets: list[tuple[int, bool]]  # in the file's order: presentation time, whether a keyframe
    time_base: float  # seconds
    last_duration: float  # seconds

    def seconds(self, time: int) -> float:
        return (time - self.times[0]) * self.time_base

    def between(self, start: float, stop: float) -> list[int]:
        return [time for time in self.times if start <= self.seconds(time) < stop]

    def stretches(self, targets: set[int]) -> list[Stretch]:
        """The least that has to be decoded for frames, keyframe by keyframe.

        A frame is decoded from the last keyframe that comes before it in the file and is not shown after it:
        pictures that follow a keyframe but are shown before it may refer to what came before the keyframe.
        """
        keyframes: list[int] = []  # so far
        found: dict[int | None, tuple[int, set[int]]] = {}
        for time, is_keyframe in self.packets:
            if is_keyframe:
                keyframes.append(time)
            if time in targets:
                keyframe = next((key for key in reversed(keyframes[1:]) if key <= time), None)
                _, others = found.get(keyframe, (0, set()))
                found[keyframe] = time, others | {time}
        return [Stretch(keyframe, last, frozenset(some)) for keyframe, (last, some) in found.items()]


def read_timeline(path: Path) -> Timeline:
    """Read the times of all packets.

    Raises:
        RecordingError: no video that can be read, or truncated.
    """
    path = Path(path)
    with open_video(path) as (container, stream):
        return timeline_of(container, stream)


def timeline_of(container, stream) -> Timeline:
    """As `read_timeline`, of an open video, which is left at its end."""
    time_base = float(stream.time_base)
    shown = [
        (packet.pts, packet.is_keyframe, packet.duration or 0)
        for packet in container.demux(stream)
        if packet.size and not packet.is_discard and packet.pts is not None
    ]
    if not shown:
        raise RecordingError(f"{Path(container.name).name} holds no video frames; expected a video.")
    times = sorted(packet[0] for packet in shown)
    spacing = (times[-1] - times[0]) / max(1, len(times) - 1)
    duration = max(shown)[2] or spacing
    return Timeline(times, [packet[:2] for packet in shown], time_base, duration * time_base)


@contextlib.contextmanager
def open_video(path: Path) -> Iterator[tuple]:
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

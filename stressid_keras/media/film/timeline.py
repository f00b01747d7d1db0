"""When the frames of a video are shown and which packets they come from; nothing is decoded."""

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stressid_keras.config import MAX_FILM_FRAMES, MAX_GAP_SECONDS
from stressid_keras.errors import RecordingError
from stressid_keras.media.film.gradual_refresh import refreshes_gradually
from stressid_keras.media.film.video_file import open_video


@dataclass(frozen=True)
class Stretch:
    """What has to be decoded for some frames: from a keyframe to the last packet that they need."""

    keyframe: int | None  # presentation time of the keyframe to seek to; None: the beginning of the file
    last: int  # presentation time of the last packet
    targets: frozenset[int]  # presentation times of the frames


@dataclass(frozen=True)
class Timeline:
    """Presentation times from the packets, so that a variable frame rate is exact. Arrays: a film can be long."""

    times: (
        np.ndarray
    )  # int64, in display order, in units of time_base; of frames at one time only one is shown
    packets: np.ndarray  # int64, presentation times in the file's order
    keyframes: np.ndarray  # bool, of the packets
    time_base: float  # seconds
    last_duration: float  # seconds

    @property
    def beginning(self) -> int:
        """Presentation time of the first packet."""
        return int(self.packets[0])

    def seconds(self, time: int) -> float:
        return (time - int(self.times[0])) * self.time_base

    def between(self, start: float, stop: float) -> list[int]:
        """Presentation times in [start, stop), seconds from the first frame."""
        return self.times[slice(*self.indices(start, stop))].tolist()

    def indices(self, start: float, stop: float) -> tuple[int, int]:
        """Index of the first frame shown from `start` on, and of the first one from `stop` on."""
        seconds = (self.times - self.times[0]) * self.time_base
        first, after = np.searchsorted(seconds, (start, stop))
        return int(first), int(after)

    def stretches(self, targets: set[int]) -> list[Stretch]:
        """The least that has to be decoded for frames, keyframe by keyframe.

        A frame is decoded from the last keyframe that comes before it in the file and is not shown after it:
        pictures that follow a keyframe but are shown before it may refer to what came before the keyframe.
        """
        keyframes = np.flatnonzero(self.keyframes)
        found: dict[int | None, tuple[int, set[int]]] = {}
        for index in np.flatnonzero(np.isin(self.packets, list(targets))):
            time = int(self.packets[index])
            before = self.packets[keyframes[1 : np.searchsorted(keyframes, index, side="right")]]
            keyframe = next((int(key) for key in reversed(before) if key <= time), None)
            _, others = found.get(keyframe, (0, set()))
            found[keyframe] = time, others | {time}
        return [Stretch(keyframe, last, frozenset(some)) for keyframe, (last, some) in found.items()]


def read_timeline(path: Path) -> Timeline:
    """Read the times of all packets.

    Raises:
        RecordingError: no video that can be read, truncated, or with times that no recording has.
    """
    path = Path(path)
    with open_video(path) as (container, stream):
        return timeline_of(container, stream)


def timeline_of(container, stream) -> Timeline:
    """As `read_timeline`, of an open video, which is left at its end."""
    name = Path(container.name).name
    packets, keyframes, untimed = array("q"), bytearray(), 0
    latest, last_duration = None, 0
    may_refresh_gradually = stream.codec_context.name == "h264"
    for packet in container.demux(stream):
        if not packet.size or packet.is_discard:
            continue
        time = packet.pts
        if time is None:
            untimed += 1
            continue
        is_keyframe = packet.is_keyframe
        if is_keyframe and may_refresh_gradually and packets:
            is_keyframe = not refreshes_gradually(bytes(packet), stream.codec_context.extradata)
        packets.append(time)
        keyframes.append(is_keyframe)
        if latest is None or time >= latest:
            latest, last_duration = time, packet.duration or 0
        if len(packets) > MAX_FILM_FRAMES:
            raise RecordingError(f"{name} has over {MAX_FILM_FRAMES:,} frames; expected a film of fewer.")
    if not packets:
        why = "holds frames without times" if untimed else "holds no video frames"
        raise RecordingError(f"{name} {why}; expected a video.")
    times, base = np.unique(np.frombuffer(packets, np.int64)), float(stream.time_base)
    _check_gaps(times, base, name)
    duration = _last_duration(times, last_duration, base, name)
    return Timeline(
        times, np.frombuffer(packets, np.int64), np.frombuffer(bytes(keyframes), bool), base, duration
    )


def _last_duration(times: np.ndarray, claimed: int, base: float, name: str) -> float:
    """Seconds of the last frame: no longer than any other, for what its packet claims beyond was never recorded."""
    gaps = np.diff(times)
    if len(gaps):
        return float(min(claimed, gaps.max()) if claimed > 0 else gaps.mean()) * base
    if claimed * base > MAX_GAP_SECONDS:
        raise RecordingError(
            f"{name} has a single frame that is to last {claimed * base:,.0f} s; expected at most "
            f"{MAX_GAP_SECONDS:g} s."
        )
    return max(0, claimed) * base


def _check_gaps(times: np.ndarray, base: float, name: str) -> None:
    """Raises RecordingError if the clock of a film has jumped."""
    # Not np.diff alone: times of a damaged file may be further apart than int64 can say.
    longest = np.diff(times.astype(np.float64)).max(initial=0) * base
    if not longest <= MAX_GAP_SECONDS:
        index = int(np.diff(times.astype(np.float64)).argmax())
        before, after = ((int(times[i]) - int(times[0])) * base for i in (index, index + 1))
        raise RecordingError(
            f"{name} jumps from {before:.2f} s to {after:.2f} s; expected frames at most {MAX_GAP_SECONDS:g} s apart: "
            "cut it there, or re-encode it with a steady clock."
        )

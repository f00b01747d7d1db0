"""Videos; a player that decodes every frame in turn is the independent decoder."""

import av
import cv2
import numpy as np

from stressid_keras.config import PreparationConfig, VideoConfig
from stressid_keras.dataset.index import Recording
from stressid_keras.media.film.frames import read_frames, video_seconds
from stressid_keras.preprocessing.work import prepare_recording

from .chunk_damage import change_boxes
from .damage import BYTES
from .reader import Original, Reader, put
from .verdicts import RIGHT, SAME, Verdict, refusal_reason, tried, wrong

CONFIG = VideoConfig(frames=4, max_side=32)
LONGEST = 86_400  # seconds: nobody was filmed for longer than a day


class Films(Reader):
    """`read_frames`, `video_seconds` and preparation."""

    def find_originals(self):
        return [
            Original(p, (*BYTES, *[change_boxes] * 14)) for p in sorted((self.corpus / "video").iterdir())
        ]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        self.expected = {
            o.path: (read_frames(o.path, 0, 60, CONFIG), video_seconds(o.path)) for o in self.originals
        }

    def judge(self, original, content):
        path = put(self.sandbox / "2ea4_Stroop.mp4", content)
        read = tried(
            lambda: (read_frames(path, 0, LONGEST, CONFIG), video_seconds(path)),
            lambda value: self._judge_frames(original, path, *value),
        )
        if read.is_fault:
            return read
        prepared = tried(lambda: _prepared(path), _judge_windows)
        return prepared if prepared.is_fault else read

    def _judge_frames(self, original, path, frames, seconds) -> Verdict:
        known, known_seconds = self.expected[original.path]
        if (
            frames.dtype != np.uint8
            or frames.shape[::3] != (CONFIG.frames, 3)
            or max(frames.shape[1:3]) > CONFIG.max_side
        ):
            return wrong(f"frames of shape {frames.shape} and type {frames.dtype}")
        if not 0 <= seconds < LONGEST:
            return wrong("a length that is no length")
        if np.array_equal(frames, known) and abs(seconds - known_seconds) < 1e-6:
            return SAME
        try:
            times, shown = play(path)
        except Exception as error:
            return wrong(f"frames where a player shows none ({type(error).__name__})")
        chosen = [shown.get(times[int(i * len(times) / CONFIG.frames)]) for i in range(CONFIG.frames)]
        if any(picture is None for picture in chosen):
            return wrong("a frame that a player does not show")
        chosen = [shrunk(picture) for picture in chosen]
        if any(picture.shape != frame.shape for picture, frame in zip(chosen, frames, strict=True)):
            return wrong("frames of another shape than a player's")
        seen = np.stack(chosen).astype(float)
        mirrored = (
            seen,
            seen[:, ::-1],
            seen[:, :, ::-1],
            seen[:, ::-1, ::-1],
        )  # of which FFmpeg tells no rotation
        if min(np.abs(picture - frames).mean() for picture in mirrored) > 2:
            return wrong("other frames than a player's")
        return RIGHT


def play(path) -> tuple[list[int], dict[int, np.ndarray]]:
    """Presentation times of all packets, and upright RGB frames by theirs; damaged packets are skipped."""
    times, shown = [], {}
    with av.open(str(path), metadata_errors="replace") as container:
        stream = next(s for s in container.streams.video)
        stream.thread_count = 1
        for packet in container.demux(stream):
            if packet.size and packet.pts is not None and not packet.is_discard:
                times.append(packet.pts)
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue
            for frame in frames:
                shown[frame.pts] = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
    return sorted(times), shown


def shrunk(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    scale = CONFIG.max_side / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)


def _prepared(path):
    return prepare_recording(
        Recording("2ea4_Stroop", "2ea4", "Stroop", 0, {"video": path}), PreparationConfig()
    )["video"]


def _judge_windows(windows) -> Verdict:
    if len(windows) > 1500:
        return wrong(f"{len(windows)} windows of a film of two seconds")
    reasons = [window.reason for window in windows if window.reason]
    return refusal_reason(reasons[0]) if reasons else RIGHT

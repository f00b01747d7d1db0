"""What the search for faces adds to reading a window: with it and without it in turns, on one core.

python benchmarks/faces.py [--repeats N] [--json FILE]
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import av
import cv2
import numpy as np
from clips import GOP, GROUP_FPS, HEIGHT, WIDTH, write_clip, write_group

from stressid_keras.config import VideoConfig
from stressid_keras.dataset.synthetic.face import face
from stressid_keras.media.film.frames import read_frames
from stressid_keras.preprocessing.faces.crop import face_frames, full_size
from stressid_keras.provenance import write_json

SECONDS = 60
CONFIG = VideoConfig()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=20, help="turns of each side [20]")
    parser.add_argument("--json", type=Path, help="write the milliseconds here")
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        groups = {"a drawn person": _write_person, "a textured rectangle": write_group}
        for name, write in groups.items():
            clip = write_clip(Path(folder) / "clip.mp4", SECONDS, write(Path(folder) / "group.mp4"))
            found[name] = measured(clip, arguments.repeats)
            print(
                f"{name}: " + ", ".join(f"{key} {value:g}" for key, value in found[name].items()), flush=True
            )
    if arguments.json:
        write_json(arguments.json, found)


def measured(clip: Path, repeats: int) -> dict[str, float]:
    """Medians in CPU milliseconds of a window of sixteen frames of 720p."""
    full = full_size(CONFIG)

    def whole():
        return read_frames(clip, 0, SECONDS, CONFIG)

    def cut():
        return face_frames(read_frames(clip, 0, SECONDS, full), CONFIG.max_side)

    frames = read_frames(clip, 0, SECONDS, full)

    def search():
        return face_frames(frames, CONFIG.max_side)

    share = cut()[1]
    times = {"whole frames": [], "cut to the face": [], "search and cut alone": []}
    for _ in range(repeats):
        for seen, run in zip(times.values(), (whole, cut, search), strict=True):
            start = time.process_time()
            run()
            seen.append(1e3 * (time.process_time() - start))
    medians = {f"{name}, ms": round(statistics.median(seen), 1) for name, seen in times.items()}
    return {"share of frames with a face": share, **medians}


def _write_person(path: Path) -> Path:
    """A group of pictures as `write_group`, of the person whom the synthetic tree draws."""
    pictures = face(1.0, np.random.default_rng(3), np.random.default_rng(4), (GOP, GROUP_FPS, HEIGHT, WIDTH))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=GROUP_FPS, options={"g": str(GOP), "sc_threshold": "0"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


if __name__ == "__main__":
    main()

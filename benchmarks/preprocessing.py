"""Preparation against OpenCV, librosa, pyts and PNG files, in turns and with equality checked.

python benchmarks/preprocessing.py [--json FILE] [--repeats N]
"""

import os

for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):  # before NumPy: both sides compute on one core
    os.environ[f"{library}_NUM_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import argparse
import functools
import tempfile
from pathlib import Path

import cv2
import numpy as np
from clips import write_clip, write_group
from compare import Comparison, compare
from reading import compare_reading

from stressid_keras.config import AudioConfig, GafConfig, VideoConfig
from stressid_keras.media.film.frames import read_frames
from stressid_keras.preprocessing.audio import log_mel
from stressid_keras.preprocessing.signals.gaf import gramian_angular_field
from stressid_keras.provenance import write_json

GAF_SIZE = 256  # pixels, as an ECG itself would need; the default fields are smaller and all the quicker
AUDIO, GAF, VIDEO = AudioConfig(), GafConfig(), VideoConfig()
SAMPLES = 30_000  # of a signal: 60 s at 500 Hz


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the ratios here")
    parser.add_argument("--repeats", type=int, default=5, help="turns of each side [5]")
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    print(
        f"{'CPU time, medians, one core':<42} {'reference':>13} {'ours':>13} {'ratio':>9}   equality",
        flush=True,
    )
    ratios = {}
    for key, run in MEASUREMENTS.items():
        comparison = run(arguments.repeats)
        print(comparison, flush=True)
        if not key.startswith("_"):
            ratios[key] = round(comparison.ratio, 3)
    if arguments.json:
        write_json(arguments.json, ratios)


def compare_frames(
    repeats: int, seconds: int, fps: int = 30, irregular: bool = False, shrink_all: bool = True
) -> Comparison:
    with tempfile.TemporaryDirectory() as folder:
        clip = write_clip(Path(folder) / "clip.mp4", seconds, _group(), fps, irregular)
        name = f"16 frames of {seconds} s 720p, " + ("variable rate" if irregular else f"{fps} a second")
        return compare(
            name + ("" if shrink_all else ", see (1)"),
            lambda: read_frames(clip, 0, 4 * seconds, VIDEO),  # uneven times stretch the clip
            lambda: _read_with_opencv(clip, shrink_all),
            _identical,
            max(3, repeats // 2),
        )


def compare_log_mel(repeats: int) -> Comparison:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NUMBA_CACHE_DIR"] = folder  # librosa compiles into it on import; no other process does
        import librosa.feature  # noqa: TID251

        for lazy in (librosa.feature.melspectrogram, librosa.power_to_db):
            assert callable(lazy)

    rng = np.random.default_rng(0)
    waveform = (0.1 * rng.normal(size=60 * AUDIO.sample_rate)).astype(np.float32)
    waveform *= np.abs(np.sin(np.linspace(0, 90, len(waveform), dtype=np.float32)))  # loud and faint

    def reference():
        mel = librosa.feature.melspectrogram(
            y=waveform - waveform.mean(),  # as ours does
            sr=AUDIO.sample_rate,
            n_fft=AUDIO.n_fft,
            hop_length=AUDIO.hop_length,
            n_mels=AUDIO.n_mels,
        )
        return librosa.power_to_db(mel, ref=np.max, top_db=AUDIO.top_db).T

    def check(ours, theirs):
        return _within(ours * AUDIO.top_db - AUDIO.top_db, theirs, 1e-3, "dB")

    return compare("log-mel of 60 s", lambda: log_mel(waveform, AUDIO), reference, check, 4 * repeats)


def compare_gaf(repeats: int, batched: bool) -> Comparison:
    from pyts.image import GramianAngularField

    signals = np.random.default_rng(0).normal(size=(3, SAMPLES)).cumsum(axis=1).astype(np.float32)
    transformer = GramianAngularField(GAF_SIZE, method=GAF.method, overlapping=False)

    def reference():
        if batched:
            return transformer.fit_transform(signals)
        return [transformer.fit_transform(signal[None])[0] for signal in signals]

    def ours():
        return gramian_angular_field(signals, GAF_SIZE, GAF.method)

    name = f"GAF of 3 signals, pyts {'batched' if batched else 'per channel'}"
    return compare(name, ours, reference, lambda a, b: _within(a, b, 1e-5, ""), 8 * repeats)


def _read_with_opencv(path: Path, shrink_all: bool) -> np.ndarray:
    """Every frame in turn. Each is shrunk as it comes, since how many there are, and so which are wanted, is
    known at the end, and 60 s of full frames are 2.5 GB; `shrink_all=False` believes the header's count.
    """
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    total, frames, number = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), {}, 0
    wanted = {int(i * total / VIDEO.frames) for i in range(VIDEO.frames)}
    while (result := capture.read())[0]:
        if shrink_all or number in wanted:
            image = cv2.cvtColor(result[1], cv2.COLOR_BGR2RGB)
            height, width = image.shape[:2]
            scale = VIDEO.max_side / max(height, width)
            size = round(width * scale), round(height * scale)
            frames[number] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        number += 1
    return np.stack([frames[int(i * number / VIDEO.frames)] for i in range(VIDEO.frames)])


@functools.cache
def _group() -> Path:
    return write_group(_scratch / "group.mp4")


def _identical(ours: np.ndarray, reference: np.ndarray) -> str:
    np.testing.assert_array_equal(ours, reference)
    return "identical"


def _within(ours, reference, tolerance: float, unit: str) -> str:
    worst = float(np.abs(np.asarray(ours) - np.asarray(reference)).max())
    assert worst <= tolerance, f"differs by {worst}; expected at most {tolerance}"
    return f"within {worst:.0e} {unit}".rstrip()


MEASUREMENTS = {
    "frames_60s": lambda repeats: compare_frames(repeats, 60),
    "frames_180s": lambda repeats: compare_frames(repeats, 180),
    "_frames_60s_15fps": lambda repeats: compare_frames(repeats, 60, fps=15),
    "_frames_180s_15fps": lambda repeats: compare_frames(repeats, 180, fps=15),
    "_variable_rate": lambda repeats: compare_frames(repeats, 60, irregular=True),
    "_frames_60s_few": lambda repeats: compare_frames(repeats, 60, shrink_all=False),
    "_frames_180s_few": lambda repeats: compare_frames(repeats, 180, shrink_all=False),
    "logmel": compare_log_mel,
    "gaf_per_channel": lambda repeats: compare_gaf(repeats, batched=False),
    "gaf_batched": lambda repeats: compare_gaf(repeats, batched=True),
    "store_vs_png": compare_reading,
}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        _scratch = Path(scratch)
        main()

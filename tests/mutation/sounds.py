"""Sound files; FFmpeg is the independent decoder."""

import io
import itertools
import re

import av
import numpy as np

from stressid_keras.config import PreparationConfig
from stressid_keras.dataset.index import Recording
from stressid_keras.media.sound.sound_files import read_sound
from stressid_keras.preprocessing.audio import load_waveform
from stressid_keras.preprocessing.work import prepare_recording

from .chunk_damage import change_aiff, change_mp3, change_ogg, change_riff
from .damage import BYTES
from .reader import Original, Reader, put
from .verdicts import RIGHT, SAME, Verdict, refusal_reason, tried, wrong

GRAMMARS = {".wav": change_riff, ".aiff": change_aiff, ".ogg": change_ogg, ".mp3": change_mp3}
LOSSLESS = (".wav", ".aiff", ".flac")
FRAMES = 4096  # samples, by which decoders differ at the ends, and at a damaged packet
RATE = 16_000


class Sounds(Reader):
    """`read_sound`, `load_waveform` and preparation."""

    def find_originals(self):
        paths = sorted((self.corpus / "sound").iterdir())
        return [
            Original(p, (*BYTES, *([GRAMMARS[p.suffix]] * 5 if p.suffix in GRAMMARS else []))) for p in paths
        ]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        self.expected = {original.path: read_sound(original.path) for original in self.originals}

    def judge(self, original, content):
        path = put(self.sandbox / "2ea4_Stroop.wav", content)
        read = tried(lambda: read_sound(path), lambda value: self._judge_samples(original, path, *value))
        if read.is_fault:
            return read
        heard = tried(lambda: load_waveform(path, RATE), self._judge_waveform)
        if heard.is_fault:
            return heard
        prepared = tried(lambda: _prepared(path), _judge_windows)
        if prepared.is_fault:
            return prepared
        if read.kind == "refused" and prepared.kind != "refused":
            return wrong("prepared, though it cannot be read")
        return read

    def _judge_samples(self, original, path, samples, rate) -> Verdict:
        kind, (known, known_rate) = original.path.suffix, self.expected[original.path]
        if rate == known_rate and np.array_equal(samples, known):
            return SAME
        if rate == known_rate and len(samples) == len(known) and np.mean(samples == known) > 0.5:
            return (
                RIGHT  # the same recording, of which some samples were changed; FFmpeg often misses its begin
            )
        content = path.read_bytes()
        try:
            found = (
                [decode(part) for part in joined(content)]
                if len(samples) > 1.5 * len(known)
                else [decode(content)]
            )
            other, other_rate = np.concatenate([part[0] for part in found]), found[0][1]
            skipped = sum(part[2] for part in found)
        except Exception as error:
            return wrong(f"{kind}: {len(samples)} samples where FFmpeg reads none ({error})"[:120])
        if content[:4] == b"RF64" and len(samples) < len(other):  # FFmpeg asks `ds64` alone
            other = other[: _said(content)]
        if abs(rate - other_rate) > 1:  # AIFF has fractions
            return wrong(f"{kind}: rate unlike FFmpeg's")
        exact = kind in LOSSLESS
        slack = 0 if exact else (1 + skipped) * FRAMES
        if abs(len(samples) - len(other)) > slack:
            return wrong(f"{kind}: {len(samples)} samples, {len(other)} by FFmpeg")
        if exact and not _alike(samples, other):
            return wrong(f"{kind}: other samples than FFmpeg's")
        return RIGHT

    def _judge_waveform(self, waveform) -> Verdict:
        if (
            waveform.dtype != np.float32
            or not np.isfinite(waveform).all()
            or np.abs(waveform).max(initial=0) > 1.0001
        ):
            return wrong("a waveform that is not finite, or beyond full scale")
        return RIGHT


def _alike(samples: np.ndarray, other: np.ndarray) -> bool:
    """Equal but for a factor: what full scale is of a file of floating point is for us to say."""
    peaks = np.abs(samples).max(initial=0), np.abs(other).max(initial=0)
    if not all(np.isfinite(peak) and peak for peak in peaks):
        return peaks[0] == peaks[1]
    return np.allclose(samples / peaks[0], other / peaks[1], atol=1e-4)


def joined(content: bytes) -> list[bytes]:
    """The files of which one file is made."""
    places = [0] + [
        match.start() for match in re.finditer(rb"RIFF....WAVE|RF64....WAVE|FORM....AIFF|fLaC", content, re.S)
    ]
    return [content[a:b] for a, b in itertools.pairwise(sorted({*places, len(content)}))]


def _said(content: bytes) -> int:
    """Samples of 16 bits that the first `data` chunk promises."""
    place = content.find(b"data")
    return int.from_bytes(content[place + 4 : place + 8], "little") // 2


def decode(content: bytes) -> tuple[np.ndarray, int, int]:
    """(n,) float32, the mean of the channels, the rate, and how many packets a player would have skipped, by FFmpeg."""
    blocks, rate, skipped = [], None, 0
    with av.open(io.BytesIO(content), metadata_errors="replace") as container:
        stream = container.streams.audio[0]
        stream.thread_count = 1
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                skipped += 1
                continue
            for frame in frames:
                rate = rate or frame.sample_rate
                blocks.append(_full_scale(frame).mean(axis=1))
    return np.concatenate(blocks), rate, skipped


def _full_scale(frame: av.AudioFrame) -> np.ndarray:
    values = frame.to_ndarray()
    values = values.T if frame.format.is_planar else values.reshape(-1, frame.layout.nb_channels)
    with np.errstate(all="ignore"):  # what is no number in the file is none here
        scaled = values.astype(np.float64)
        if values.dtype == np.uint8:
            scaled = (scaled - 128) / 128
        elif values.dtype.kind == "i":
            scaled = scaled / 2.0 ** (8 * values.dtype.itemsize - 1)
        return scaled.astype(np.float32)


def _prepared(path):
    return prepare_recording(
        Recording("2ea4_Stroop", "2ea4", "Stroop", 0, {"audio": path}), PreparationConfig()
    )["audio"]


def _judge_windows(windows) -> Verdict:
    for window in windows:
        if window.array is not None and not window.array.any():
            return wrong("an all-zero log-mel without a failure")
    reasons = [window.reason for window in windows if window.reason]
    return refusal_reason(reasons[0]) if reasons else RIGHT

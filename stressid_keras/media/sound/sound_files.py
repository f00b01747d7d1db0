"""Sound files in one piece: their waveform, what of it is clipped, their length; damaged ones are refused."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stressid_keras.config import QualityConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.sound.channels import MIX, Channel, heard
from stressid_keras.media.sound.decoding import blocks, check_length, check_values, is_exact, open_parts
from stressid_keras.media.sound.full_scale import FLOATS, FlatTops, full_scale, largest_value
from stressid_keras.media.sound.mono_sound import open_mono


@dataclass(frozen=True)
class Sound:
    """A whole recording.

    Attributes:
        waveform: (n,) float32, n > 0, the mean of the channels; 1 is full scale of the file's format, see
            `media.full_scale`. Finite.
        rate: Hz.
        clipped: (n,) bool, samples that are clipped in any channel.
        loudest_channel: half the distance of the largest and the smallest sample of the channel where it is largest.
    """

    waveform: np.ndarray
    rate: int
    clipped: np.ndarray
    loudest_channel: float


def read_recording(
    path: Path,
    clip_peak: float = QualityConfig.clip_peak,
    max_seconds: float = QualityConfig.max_seconds,
) -> Sound:
    """Decode a sound file to its end, in blocks.

    The length is what was decoded. Joined files, and links of an Ogg chain, are read one behind the other, resampled
    to the rate of the first where they differ.

    Args:
        path: WAV (also RF64 and BW64), AIFF, Wave64, CAF, AU, NIST, FLAC, Ogg (Vorbis, Opus) or MP3; or, with PyAV,
            the sound of an MP4 (M4A, MOV, 3GP), Matroska or WebM; whatever its name says, of `RATES` and up to
            `MOST_CHANNELS` channels, see `decoding`.
        clip_peak: share of the format's largest value from which on a sample is clipped.
        max_seconds: more are refused, as are more than `MOST_SAMPLES` samples.

    Raises:
        RecordingError: empty, truncated, damaged, not audio, without samples, too long, of another rate, or with
            samples that are not finite or that no sound has.
        OSError: the file cannot be read.
    """
    parts = []
    with open_parts(path) as opened:
        name = opened.name
        for opener in opened.openers:
            left = max_seconds - sum(len(part.waveform) / part.rate for part in parts)
            parts.append(_read_part(opener, name, clip_peak, left))
    parts = [part for part in parts if len(part.waveform)]
    if not parts:
        raise RecordingError(f"{name} holds no samples; expected a recording.")
    return parts[0] if len(parts) == 1 else _join(parts)


def read_sound(path: Path, channel: Channel = MIX) -> tuple[np.ndarray, int]:
    """`waveform` (n,) float32 and `rate` in Hz of `read_recording`; or of one channel, see `mono_sound.open_mono`."""
    with open_mono(path, channel) as sound:
        waveform = _put_together(list(sound))
    return waveform, sound.rate


def audio_header(path: Path, max_seconds: float = QualityConfig.max_seconds) -> tuple[float, int]:
    """Length in seconds and number of channels, as `read_recording` finds them.

    Costs no more than reading the header where every sample has the same number of bytes, as in most WAV files;
    what is compressed is decoded, at 60 (Opus) to 500 times real time.

    Raises:
        RecordingError: as `read_recording`, but for what single samples are.
    """
    seconds, channels = 0.0, 0
    with open_parts(path) as opened:
        name = opened.name
        for opener in opened.openers:
            with opener() as sound:
                left = max_seconds - seconds
                if is_exact(sound):
                    check_length(sound.frames, sound.samplerate, left, name)
                    frames = sound.frames
                else:
                    frames = sum(len(block) for block in blocks(sound, name, left))
                seconds += frames / sound.samplerate
                channels = channels or sound.channels
    if seconds == 0:
        raise RecordingError(f"{name} holds no samples; expected a recording.")
    return seconds, channels


def _read_part(opener, name: str, clip_peak: float, max_seconds: float) -> Sound:
    waveforms, clipped = [np.empty(0, np.float32)], [np.empty(0, bool)]
    with opener() as sound:
        rate, subtype = sound.samplerate, sound.subtype
        low, high = np.full(sound.channels, np.inf), np.full(sound.channels, -np.inf)
        least = clip_peak * largest_value(subtype)
        for block in blocks(sound, name, max_seconds):
            channels = np.ascontiguousarray(block.T)
            low, high = np.minimum(low, channels.min(axis=1)), np.maximum(high, channels.max(axis=1))
            check_values(low, high, name)
            waveforms.append(heard(channels))
            clipped.append(_beyond(channels, least))
    waveform, clipped = _put_together(waveforms), _put_together(clipped)
    scale = full_scale(lambda: [waveform]) if subtype in FLOATS and len(waveform) else 1.0
    peak = max(-low.min(), high.max()) if len(waveform) else 0.0
    if subtype in FLOATS and peak > 1:
        extremes = (low, high) if peak > scale else None
        clipped = _clipped_floats(opener, name, max_seconds, extremes, clip_peak * scale)
        waveform = (waveform / scale).astype(np.float32)
    loudest = float((high - low).max()) / 2 / scale if len(waveform) else 0.0
    return Sound(waveform, rate, clipped, loudest)


def _put_together(pieces: list[np.ndarray]) -> np.ndarray:
    """The pieces behind each other, each of them given up once it is copied: there is memory for one recording."""
    whole, at = np.empty(sum(map(len, pieces)), pieces[0].dtype), 0
    pieces.reverse()
    while pieces:
        piece = pieces.pop()
        whole[at : at + len(piece)] = piece
        at += len(piece)
    return whole


def _beyond(channels: np.ndarray, least: float) -> np.ndarray:
    """(channels, n) → (n,) bool: whether a sample of any channel has at least this size."""
    return ((channels >= least) | (channels <= -least)).any(axis=0)


def _clipped_floats(opener, name: str, max_seconds: float, extremes, least: float) -> np.ndarray:
    """Decode again, now that the scale is known: flat tops at these extremes, or all samples from `least` on."""
    with opener() as sound:
        decoded = blocks(sound, name, max_seconds)
        if extremes is None:
            return np.concatenate([_beyond(block.T, least) for block in decoded])
        tops = FlatTops(*extremes)
        for block in decoded:
            tops.add(block)
        return tops.marks()


def _join(parts: list[Sound]) -> Sound:
    import soxr

    rate = parts[0].rate
    waveforms, clipped = [], []
    for part in parts:
        waveform, marks = part.waveform, part.clipped
        if part.rate != rate:
            waveform = soxr.resample(waveform, part.rate, rate, quality="HQ")
            places = np.arange(len(waveform)) * (part.rate / rate)
            marks = marks[np.minimum(places.astype(np.int64), len(marks) - 1)]
        waveforms.append(waveform)
        clipped.append(marks)
    loudest = max(part.loudest_channel for part in parts)
    return Sound(np.concatenate(waveforms), rate, np.concatenate(clipped), loudest)

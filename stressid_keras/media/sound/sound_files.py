"""Sound files as libsndfile decodes them, for preparation and for the exported student; damaged ones are refused."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stressid_keras.config import QualityConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.sound.chunks import truncated
from stressid_keras.media.sound.full_scale import FLOATS, LARGEST, FlatTops, full_scale, largest_value
from stressid_keras.media.sound.sound_parts import find_sound
from stressid_keras.media.sound.splice import FileBytes, Splice

RATES = (4_000, 768_000)  # Hz; below is no speech, above no sound card
MOST_CHANNELS = 64  # more are samples in the place of channels
MOST_SAMPLES = (
    2**30
)  # 6 h at 48 kHz: 5 GiB, with the marks of what is clipped; a few kilobytes of FLAC can claim it
BLOCK_VALUES = 1 << 20  # that are decoded at once
UNKNOWN = 1 << 62  # numbers of frames from here on are libsndfile's for a length that it does not know
MPEG_TOLERANCE = 2 * 1152  # samples that decoders leave out at the ends of a stream


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
        path: WAV (also RF64 and BW64), AIFF, Wave64, CAF, AU, NIST, FLAC, Ogg (Vorbis, Opus) or MP3, whatever its name
            says, of `RATES` and up to `MOST_CHANNELS` channels.
        clip_peak: share of the format's largest value from which on a sample is clipped.
        max_seconds: more are refused, as are more than `MOST_SAMPLES` samples.

    Raises:
        RecordingError: empty, truncated, damaged, not audio, without samples, too long, of another rate, or with
            samples that are not finite or that no sound has.
        OSError: the file cannot be read.
    """
    parts = []
    with _parts(path) as (openers, name):
        for opener in openers:
            left = max_seconds - sum(len(part.waveform) / part.rate for part in parts)
            parts.append(_read_part(opener, name, clip_peak, left))
    parts = [part for part in parts if len(part.waveform)]
    if not parts:
        raise RecordingError(f"{name} holds no samples; expected a recording.")
    return parts[0] if len(parts) == 1 else _join(parts)


def read_sound(path: Path) -> tuple[np.ndarray, int]:
    """`waveform` (n,) float32 and `rate` in Hz of `read_recording`."""
    sound = read_recording(path)
    return sound.waveform, sound.rate


def audio_header(path: Path, max_seconds: float = QualityConfig.max_seconds) -> tuple[float, int]:
    """Length in seconds and number of channels, as `read_recording` finds them.

    Costs no more than reading the header where every sample has the same number of bytes, as in most WAV files;
    what is compressed is decoded, at 60 (Opus) to 500 times real time.

    Raises:
        RecordingError: as `read_recording`, but for what single samples are.
    """
    seconds, channels = 0.0, 0
    with _parts(path) as (openers, name):
        for opener in openers:
            with opener() as sound:
                left = max_seconds - seconds
                if is_exact(sound):
                    check_length(sound.frames, sound.samplerate, left, name)
                    frames = sound.frames
                else:
                    frames = sum(len(block) for block in _blocks(sound, name, left))
                seconds += frames / sound.samplerate
                channels = channels or sound.channels
    if seconds == 0:
        raise RecordingError(f"{name} holds no samples; expected a recording.")
    return seconds, channels


def audio_format(path: Path) -> str:
    """What the content is, whatever the name says: "WAV", "MP3", "FLAC", …; see `media.sound_parts`.

    Raises:
        RecordingError: empty, truncated, or not audio.
    """
    path = Path(path)
    with open(path, "rb") as file:
        source = FileBytes(file)
        found = find_sound(source, path.name)
        for pieces in found.parts[:1]:
            _open(source, pieces, found.format, path.name).close()
    return found.format


@contextlib.contextmanager
def _parts(path: Path):
    """Functions that open each part of a file for decoding, and the file's name."""
    path = Path(path)
    with open(path, "rb") as file:
        source = FileBytes(file)
        found = find_sound(source, path.name)
        yield (
            [lambda pieces=pieces: _open(source, pieces, found.format, path.name) for pieces in found.parts],
            path.name,
        )


def _open(source: FileBytes, pieces, kind: str, name: str):
    import soundfile

    splice = Splice(source, pieces)

    class Forward(soundfile.SoundFile):
        """Without a seek behind every block, which costs MP3 decoders the bits that frames lend each other."""

        def __init__(self):
            try:
                super().__init__(splice)
            finally:
                splice.raise_failure()

        def seekable(self):
            return False

        def read(self, *args, **kwargs):
            try:
                return super().read(*args, **kwargs)
            finally:
                splice.raise_failure()

    try:
        sound = Forward()
    except (soundfile.SoundFileError, TypeError) as error:
        reason = getattr(error, "error_string", str(error)).strip().rstrip(".")
        raise RecordingError(
            f"{name} is not audio that can be read ({reason}); expected a WAV file."
        ) from None
    if not kind:
        raise RecordingError(
            f"{name} holds {sound.format}, of which no length can be checked; convert it to WAV."
        )
    if not RATES[0] <= sound.samplerate <= RATES[1]:
        raise RecordingError(
            f"{name} cannot be read: the rate is {sound.samplerate}; expected {RATES[0]} to {RATES[1]} Hz."
        )
    if sound.channels > MOST_CHANNELS:
        raise RecordingError(f"{name} has {sound.channels} channels; expected at most {MOST_CHANNELS}.")
    return sound


def is_exact(sound) -> bool:
    """Whether the number of frames of an open `SoundFile` follows from the number of bytes."""
    return sound.format not in ("FLAC", "OGG", "MP3") and (
        sound.subtype.startswith("PCM_") or sound.subtype in ("FLOAT", "DOUBLE", "ULAW", "ALAW")
    )


def check_length(frames: int, rate: int, max_seconds: float, name: str) -> None:
    most = min(int(max_seconds * rate), MOST_SAMPLES)
    if frames > most:
        raise RecordingError(
            f"{name} lasts {frames / rate / 3600:.1f} h or more; expected at most {most / rate / 3600:.1f} h at this "
            "rate: cut it."
        )


def _blocks(sound, name: str, max_seconds: float) -> Iterator[np.ndarray]:
    """(n, channels) of an open file until the decoder gives no more, which must not be before the header's end."""
    import soundfile

    promised = sound.frames if sound.frames < UNKNOWN else None
    dtype = "float64" if sound.subtype == "DOUBLE" else "float32"
    decoded, failed = 0, False
    while not failed:
        count = max(1, BLOCK_VALUES // sound.channels)
        if (
            promised is not None and sound.format == "FLAC"
        ):  # libsndfile fails on what stands behind the last frame
            count = min(count, promised - decoded)
        try:
            block = sound.read(count, dtype=dtype, always_2d=True)
        except soundfile.SoundFileError:
            failed = True
            break
        if not len(block):
            break
        decoded += len(block)
        check_length(decoded, sound.samplerate, max_seconds, name)
        yield block
    is_mpeg = sound.format in ("MP3", "MPEG") or sound.subtype.startswith("MPEG")
    if promised is not None and decoded < promised - (MPEG_TOLERANCE if is_mpeg and decoded else 0):
        raise truncated(name, promised, decoded, "samples")
    if failed and promised is None:
        raise RecordingError(f"{name} is damaged after {decoded / sound.samplerate:.1f} s; record it again.")


def _read_part(opener, name: str, clip_peak: float, max_seconds: float) -> Sound:
    waveforms, clipped = [np.empty(0, np.float32)], [np.empty(0, bool)]
    with opener() as sound:
        rate, subtype = sound.samplerate, sound.subtype
        low, high = np.full(sound.channels, np.inf), np.full(sound.channels, -np.inf)
        least = clip_peak * largest_value(subtype)
        for block in _blocks(sound, name, max_seconds):
            channels = np.ascontiguousarray(block.T)
            low, high = np.minimum(low, channels.min(axis=1)), np.maximum(high, channels.max(axis=1))
            _check_values(low, high, name)
            waveforms.append(_mean(channels))
            clipped.append(_beyond(channels, least))
    waveform, clipped = _put_together(waveforms), _put_together(clipped)
    scale = full_scale(waveform) if subtype in FLOATS and len(waveform) else 1.0
    peak = max(-low.min(), high.max()) if len(waveform) else 0.0
    if subtype in FLOATS and peak > 1:
        extremes = (low, high) if peak > scale else None
        clipped = _clipped_floats(opener, name, max_seconds, extremes, clip_peak * scale)
        waveform = (waveform / scale).astype(np.float32)
    loudest = float((high - low).max()) / 2 / scale if len(waveform) else 0.0
    return Sound(waveform, rate, clipped, loudest)


def _put_together(blocks: list[np.ndarray]) -> np.ndarray:
    """The blocks behind each other, each of them given up once it is copied: there is memory for one recording."""
    whole, at = np.empty(sum(map(len, blocks)), blocks[0].dtype), 0
    blocks.reverse()
    while blocks:
        block = blocks.pop()
        whole[at : at + len(block)] = block
        at += len(block)
    return whole


def _check_values(low: np.ndarray, high: np.ndarray, name: str) -> None:
    peak = max(-low.min(), high.max())
    if not np.isfinite(peak):
        raise RecordingError(f"{name} holds NaN or infinite samples; expected finite ones.")
    if peak > LARGEST:
        raise RecordingError(
            f"{name} holds a sample of {peak:.1e}, which no sound has; expected full scale 1, or that of integers of "
            "16, 24 or 32 bits."
        )


def _mean(channels: np.ndarray) -> np.ndarray:
    """(channels, n) → (n,) float32; sums of float32 could overflow."""
    if len(channels) == 1:
        return channels[0].astype(np.float32, copy=False)
    return (channels.sum(axis=0, dtype=np.float64) / len(channels)).astype(np.float32)


def _beyond(channels: np.ndarray, least: float) -> np.ndarray:
    """(channels, n) → (n,) bool: whether a sample of any channel has at least this size."""
    return ((channels >= least) | (channels <= -least)).any(axis=0)


def _clipped_floats(opener, name: str, max_seconds: float, extremes, least: float) -> np.ndarray:
    """Decode again, now that the scale is known: flat tops at these extremes, or all samples from `least` on."""
    with opener() as sound:
        blocks = _blocks(sound, name, max_seconds)
        if extremes is None:
            return np.concatenate([_beyond(block.T, least) for block in blocks])
        tops = FlatTops(*extremes)
        for block in blocks:
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

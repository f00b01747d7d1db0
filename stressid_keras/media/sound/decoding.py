"""A sound file opened for decoding: each of its parts, in blocks, to the end; what cannot be trusted is refused."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stressid_keras.errors import RecordingError
from stressid_keras.media.containers import check_not_truncated
from stressid_keras.media.mp4_claims import check_claims
from stressid_keras.media.sound.channels import MOST_CHANNELS
from stressid_keras.media.sound.chunks import truncated
from stressid_keras.media.sound.container_sound import ContainerSound
from stressid_keras.media.sound.full_scale import LARGEST
from stressid_keras.media.sound.sound_parts import CONTAINERS, find_sound
from stressid_keras.media.sound.splice import FileBytes, Splice

RATES = (4_000, 768_000)  # Hz; below is no speech, above no sound card
MOST_SAMPLES = (
    2**30
)  # 6 h at 48 kHz: 5 GiB, with the marks of what is clipped; a few kilobytes of FLAC can claim it
BLOCK_VALUES = 1 << 20  # that are decoded at once
UNKNOWN = 1 << 62  # numbers of frames from here on are libsndfile's for a length that it does not know
MPEG_TOLERANCE = 2 * 1152  # samples that decoders leave out at the ends of a stream


@dataclass(frozen=True)
class OpenParts:
    """
    Attributes:
        name: of the file, for errors.
        format: of its content, as `sound_parts.SoundParts` has it.
        openers: of each part; what they return is a context manager with the attributes and `read` of a
            `soundfile.SoundFile`.
    """

    name: str
    format: str
    openers: list[Callable]


@contextlib.contextmanager
def open_parts(path: Path) -> Iterator[OpenParts]:
    """The parts of a sound file; libsndfile decodes them, and FFmpeg those of MP4, Matroska and WebM files.

    Raises:
        RecordingError: empty, truncated, or, when a part is opened, not audio or out of `RATES` and `MOST_CHANNELS`.
        OSError: the file cannot be read.
    """
    path = Path(path)
    with open(path, "rb") as file:
        source = FileBytes(file)
        found = find_sound(source, path.name)
        if found.format in CONTAINERS:
            check_not_truncated(path)
            check_claims(path)
            openers = [lambda: _checked(ContainerSound(path, found.format), path.name)]
        else:
            openers = [
                lambda pieces=pieces: _open(source, pieces, found.format, path.name) for pieces in found.parts
            ]
        yield OpenParts(path.name, found.format, openers)


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
            f"{name} is not audio that can be read ({reason}); expected WAV, FLAC, Ogg, MP3, M4A, MP4 or WebM."
        ) from None
    if not kind:
        raise RecordingError(
            f"{name} holds {sound.format}, of which no length can be checked; convert it to WAV."
        )
    return _checked(sound, name)


def _checked(sound, name: str):
    if not RATES[0] <= sound.samplerate <= RATES[1]:
        raise RecordingError(
            f"{name} cannot be read: the rate is {sound.samplerate}; expected {RATES[0]} to {RATES[1]} Hz."
        )
    if sound.channels > MOST_CHANNELS:
        raise RecordingError(f"{name} has {sound.channels} channels; expected at most {MOST_CHANNELS}.")
    return sound


def is_exact(sound) -> bool:
    """Whether the number of frames of an open part follows from the number of bytes."""
    return (
        sound.frames < UNKNOWN
        and sound.format not in ("FLAC", "OGG", "MP3")
        and (sound.subtype.startswith("PCM_") or sound.subtype in ("FLOAT", "DOUBLE", "ULAW", "ALAW"))
    )


def check_length(frames: int, rate: int, max_seconds: float, name: str) -> None:
    """
    Raises:
        RecordingError: more than `max_seconds`, or than `MOST_SAMPLES`.
    """
    most = min(int(max_seconds * rate), MOST_SAMPLES)
    if frames > most:
        raise RecordingError(
            f"{name} lasts {frames / rate / 3600:.1f} h or more; expected at most {most / rate / 3600:.1f} h at this "
            "rate: cut it."
        )


def blocks(sound, name: str, max_seconds: float) -> Iterator[np.ndarray]:
    """(n, channels) of an open part until the decoder gives no more, which must not be before the header's end.

    Raises:
        RecordingError: truncated, damaged, or as `check_length`.
    """
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


def check_values(low: np.ndarray, high: np.ndarray, name: str) -> None:
    """
    Args:
        low, high: extremes of each channel.

    Raises:
        RecordingError: samples that are not finite, or that no sound has.
    """
    peak = max(-low.min(), high.max())
    if not np.isfinite(peak):
        raise RecordingError(f"{name} holds NaN or infinite samples; expected finite ones.")
    if peak > LARGEST:
        raise RecordingError(
            f"{name} holds a sample of {peak:.1e}, which no sound has; expected full scale 1, or that of integers of "
            "16, 24 or 32 bits."
        )

"""What a source file holds, without transforming it: content hash, length, channels."""

import contextlib
import dataclasses
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stressid_keras.config import PreparationConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.film.frames import video_seconds
from stressid_keras.media.sound.sound_files import audio_header
from stressid_keras.modalities import FILM, RECORDS, SOUND
from stressid_keras.preprocessing.failures import sentence
from stressid_keras.preprocessing.file_stamp import file_stamp
from stressid_keras.preprocessing.signals.signal_reader import SignalReader, columns_of
from stressid_keras.provenance import file_fingerprint, read_sealed, write_sealed
from stressid_keras.store.images import image_width

logger = logging.getLogger(__name__)

VERSION = 4  # of what is kept of a file; raised when the same file is measured, or refused, in another way


@dataclass(frozen=True)
class Source:
    """One source file.

    A file is known by the hash of its content: that survives copying a tree and notices every edit. Hashing
    reads the whole file, so the hash is kept beside the file's stamp and reused while the stamp is the same.
    """

    stamp: tuple[int, ...] = ()  # size, modification and change time; empty: never reused
    content: str = ""  # hash; empty: the file could not be read
    length: float = 0.0  # seconds; rows of a table that does not tell the time; pixels of an image's width
    channels: int = 1
    reason: str = ""  # why it cannot be used
    timed: bool = False  # a table that tells the time, by a column or a known rate

    def seconds(self, modality: str, path: Path, config: PreparationConfig) -> float:
        """Length in seconds, of signals that of what `load_signals` gives; 0 for an image that does not tell."""
        if is_image(path):
            frame = config.audio.hop_length / config.audio.sample_rate
            return self.length * frame if RECORDS[modality].media == SOUND else 0.0
        if not RECORDS[modality].is_signal:
            return self.length
        rate = config.quality.signal_rate
        return (round(self.length * rate) if self.timed else self.length) / rate


def inspect_sources(recording, known: Mapping[str, Source], reader: SignalReader) -> dict[str, Source]:
    """Look at each file of a recording: modality → Source. Never raises for a bad file.

    Args:
        known: by `source_key`; a file that is known with its present stamp is not read.
        reader: of the recording's signals.
    """
    seen: dict[str, Source] = {}  # signals may share a file
    found = {}
    for modality, path in recording.sources.items():
        key = source_key(recording, modality)
        if key not in seen:
            seen[key] = current_source(recording, modality, known) or _inspect(modality, path, reader)
        found[modality] = seen[key]
    return found


def measure_sources(recording, config: PreparationConfig) -> dict[str, Source]:
    """Of each modality whose file can be read: modality → Source, without content. Nothing is decoded or hashed."""
    reader = SignalReader(recording, config.quality)
    found = {}
    for modality, path in recording.sources.items():
        with contextlib.suppress(Exception):  # which inspect_sources names
            length, channels, timed = _measure(modality, path, reader)
            found[modality] = Source((), "", length, channels, "", timed)
    return found


def span_in_file(recording, modality: str, source: Source, config: PreparationConfig) -> tuple[float, float]:
    """From where to where, in seconds, a recording lies in a file; an image is of the whole recording.

    Raises:
        RecordingError: as `Part.span`.
    """
    path = recording.sources[modality]
    seconds = source.seconds(modality, path, config)
    return (0.0, seconds) if is_image(path) else recording.part(modality).span(seconds, path.name)


def current_source(recording, modality: str, known: Mapping[str, Source]) -> Source | None:
    """The known Source of a file, if the file has not been touched since."""
    source = known.get(source_key(recording, modality))
    return (
        source
        if source and source.stamp and source.stamp == file_stamp(recording.sources[modality])
        else None
    )


def source_key(recording, modality: str) -> str:
    """A recording's file, wherever its tree lies, and what is read of it: "2ea4_Math/2ea4_Math.wav#audio"."""
    path = recording.sources[modality]
    is_table = RECORDS[modality].is_signal and not is_image(path)
    return f"{recording.name}/{path.name}#{columns_of(recording, path) if is_table else modality}"


def is_image(path: Path) -> bool:
    return path.suffix.lower() == ".png"


def load_known(path: Path) -> dict[str, Source]:
    """Read what `save_known` wrote; a file that is damaged, or was changed, is no more than a slower run."""
    values = read_sealed(path) or {}
    if values.get("version") != VERSION:
        return {}
    try:
        return {key: Source(tuple(stamp), *rest) for key, (stamp, *rest) in values["files"].items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}


def save_known(path: Path, known: Mapping[str, Source]) -> None:
    files = {key: dataclasses.astuple(source) for key, source in sorted(known.items())}
    write_sealed(path, {"version": VERSION, "files": files})


def _inspect(modality: str, path: Path, reader: SignalReader) -> Source:
    stamp, content = file_stamp(path), ""
    try:
        content = file_fingerprint(path)
        length, channels, timed = _measure(modality, path, reader)
    except RecordingError as error:
        return Source(stamp, content, reason=str(error))
    except Exception as error:  # of whatever type: one file must not stop a run of a thousand
        if not isinstance(error, OSError):
            logger.warning("inspecting %s", path.name, exc_info=True)
        return Source(reason=sentence(path, error))
    return Source(stamp, content, length, channels, "", timed)


def _measure(modality: str, path: Path, reader: SignalReader) -> tuple[float, int, bool]:
    """Length, channels and whether the length of a table is in seconds."""
    if is_image(path):
        return image_width(path), 1, False
    media = RECORDS[modality].media
    if media == SOUND:
        return *audio_header(path), False
    if media == FILM:
        return video_seconds(path), 1, False
    file = reader.file(path)
    return (len(file) if file.clock is None else file.clock.seconds(len(file))), 1, file.clock is not None

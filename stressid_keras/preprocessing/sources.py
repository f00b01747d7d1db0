"""What a source file holds, without transforming it: content hash, length, channels."""

import contextlib
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stressid_keras.config import PreparationConfig
from stressid_keras.errors import RecordingError
from stressid_keras.preprocessing.images import image_width
from stressid_keras.preprocessing.physiology import count_rows
from stressid_keras.preprocessing.video import video_seconds
from stressid_keras.provenance import file_fingerprint, read_json, write_json
from stressid_keras.sound_files import audio_header


@dataclass(frozen=True)
class Source:
    """One source file.

    A file is known by the hash of its content: that survives copying a tree and notices every edit. Hashing
    reads the whole file, so the hash is kept beside the file's stamp and reused while the stamp is the same.
    """

    stamp: tuple[int, ...] = ()  # size, modification and change time; empty: never reused
    content: str = ""  # hash; empty: the file could not be read
    length: float = 0.0  # seconds of WAV and MP4, rows of text, pixels of an image's width
    channels: int = 1
    reason: str = ""  # why it cannot be used

    def seconds(self, modality: str, path: Path, config: PreparationConfig) -> float:
        """Length in seconds; 0 for an image that does not tell."""
        if is_image(path):
            frame = config.audio.hop_length / config.audio.sample_rate
            return self.length * frame if modality == "audio" else 0.0
        return self.length if modality in ("audio", "video") else self.length / config.quality.signal_rate


def inspect_sources(recording, known: Mapping[str, Source]) -> dict[str, Source]:
    """Look at each file of a recording: modality → Source. Never raises for a bad file.

    Args:
        known: by `source_key`; a file that is known with its present stamp is not read.
    """
    seen: dict[Path, Source] = {}  # the three signals share a file
    for path in recording.sources.values():
        if path not in seen:
            seen[path] = current_source(path, known) or _inspect(path)
    return {modality: seen[path] for modality, path in recording.sources.items()}


def inspect_lengths(recording, config: PreparationConfig) -> dict[str, float]:
    """Seconds of each modality that can be used, without reading whole files: modality → seconds."""
    lengths: dict[Path, float] = {}
    for path in set(recording.sources.values()):
        with contextlib.suppress(RecordingError, OSError):
            lengths[path] = _measure(path)[0]
    return {
        modality: Source(length=lengths[path]).seconds(modality, path, config)
        for modality, path in recording.sources.items()
        if path in lengths
    }


def current_source(path: Path, known: Mapping[str, Source]) -> Source | None:
    """The known Source of a file, if the file has not been touched since."""
    source = known.get(source_key(path))
    return source if source and source.stamp and source.stamp == _stamp(path) else None


def source_key(path: Path) -> str:
    """A file's place in its tree, wherever the tree is, such as "Audio/2ea4/2ea4_Stroop.wav"."""
    return "/".join(path.parts[-3:])


def is_image(path: Path) -> bool:
    return path.suffix.lower() == ".png"


def load_known(path: Path) -> dict[str, Source]:
    """Read what `save_known` wrote; an unreadable file is no more than a slower run."""
    try:
        return {key: Source(tuple(values[0]), *values[1:]) for key, values in read_json(path).items()}
    except (AttributeError, TypeError, IndexError):
        return {}


def save_known(path: Path, known: Mapping[str, Source]) -> None:
    write_json(path, {key: dataclasses.astuple(source) for key, source in sorted(known.items())})


def _inspect(path: Path) -> Source:
    stamp, content = _stamp(path), ""
    try:
        content = file_fingerprint(path)
        length, channels = _measure(path)
    except RecordingError as error:
        return Source(stamp, content, reason=str(error))
    except OSError as error:
        return Source((), "", reason=f"{path.name} cannot be read: {error.strerror or error}.")
    return Source(stamp, content, length, channels)


def _measure(path: Path) -> tuple[float, int]:
    """Length and channels; the suffix tells the kind, as in the layout of the tree."""
    if is_image(path):
        return image_width(path), 1
    if path.suffix.lower() == ".wav":
        return audio_header(path)
    if path.suffix.lower() == ".txt":
        return count_rows(path), 1
    return video_seconds(path), 1


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns

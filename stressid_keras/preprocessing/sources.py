"""What a source file holds, without transforming it: content hash, length, channels."""

import contextlib
import dataclasses
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stressid_keras.config import PreparationConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.film.frames import video_seconds
from stressid_keras.media.sound.sound_files import audio_header
from stressid_keras.preprocessing.failures import sentence
from stressid_keras.preprocessing.signals.physiology import SignalFile, read_signal_file
from stressid_keras.provenance import file_fingerprint, read_sealed, write_sealed
from stressid_keras.store.images import image_width

logger = logging.getLogger(__name__)

VERSION = 2  # of what is kept of a file; raised when the same file is measured, or refused, in another way


@dataclass(frozen=True)
class Source:
    """One source file.

    A file is known by the hash of its content: that survives copying a tree and notices every edit. Hashing
    reads the whole file, so the hash is kept beside the file's stamp and reused while the stamp is the same.
    """

    stamp: tuple[int, ...] = ()  # size, modification and change time; empty: never reused
    content: str = ""  # hash; empty: the file could not be read
    length: float = (
        0.0  # seconds of WAV, MP4 and text with a time column, rows of other text, pixels of an image's width
    )
    channels: int = 1
    reason: str = ""  # why it cannot be used
    timed: bool = False  # a text with a time column

    def seconds(self, modality: str, path: Path, config: PreparationConfig) -> float:
        """Length in seconds, of signals that of what `load_signals` gives; 0 for an image that does not tell."""
        if is_image(path):
            frame = config.audio.hop_length / config.audio.sample_rate
            return self.length * frame if modality == "audio" else 0.0
        if modality in ("audio", "video"):
            return self.length
        rate = config.quality.signal_rate
        return (round(self.length * rate) if self.timed else self.length) / rate


def inspect_sources(
    recording, known: Mapping[str, Source], read: Callable[[Path], SignalFile] = read_signal_file
) -> dict[str, Source]:
    """Look at each file of a recording: modality → Source. Never raises for a bad file.

    Args:
        known: by `source_key`; a file that is known with its present stamp is not read.
        read: reads a text file of signals; pass a caching one if it is to be read again.
    """
    seen: dict[Path, Source] = {}  # the three signals share a file
    for path in recording.sources.values():
        if path not in seen:
            seen[path] = current_source(path, known) or _inspect(path, read)
    return {modality: seen[path] for modality, path in recording.sources.items()}


def inspect_lengths(recording, config: PreparationConfig) -> dict[str, float]:
    """Seconds of each modality that can be used: modality → seconds. Nothing is decoded or hashed."""
    measured: dict[Path, Source] = {}
    for path in set(recording.sources.values()):
        with contextlib.suppress(Exception):  # which inspect_sources names
            length, channels, timed = _measure(path)
            measured[path] = Source((), "", length, channels, "", timed)
    return {
        modality: measured[path].seconds(modality, path, config)
        for modality, path in recording.sources.items()
        if path in measured
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


def _inspect(path: Path, read: Callable[[Path], SignalFile]) -> Source:
    stamp, content = _stamp(path), ""
    try:
        content = file_fingerprint(path)
        length, channels, timed = _measure(path, read)
    except RecordingError as error:
        return Source(stamp, content, reason=str(error))
    except Exception as error:  # of whatever type: one file must not stop a run of a thousand
        if not isinstance(error, OSError):
            logger.warning("inspecting %s", path.name, exc_info=True)
        return Source(reason=sentence(path, error))
    return Source(stamp, content, length, channels, "", timed)


def _measure(path: Path, read: Callable[[Path], SignalFile] = read_signal_file) -> tuple[float, int, bool]:
    """Length, channels and whether rows are timed; the suffix tells the kind, as in the layout of the tree."""
    if is_image(path):
        return image_width(path), 1, False
    if path.suffix.lower() == ".wav":
        return *audio_header(path), False
    if path.suffix.lower() == ".txt":
        file = read(path)
        return (len(file) if file.clock is None else file.clock.seconds(len(file))), 1, file.clock is not None
    return video_seconds(path), 1, False


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns

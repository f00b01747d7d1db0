"""The sound of an MP4, Matroska or WebM file, as FFmpeg decodes it through PyAV."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stressid_keras.errors import RecordingError, StressIDError, shown
from stressid_keras.media.ffmpeg import open_container

logger = logging.getLogger(__name__)

LOST = 0.5  # seconds that may be missing between two frames or at the end: Opus may leave out 0.4 of silence


class ContainerSound:
    """The sound of a file, with the attributes, `read` and context of a `soundfile.SoundFile`: one code reads both.

    Of several sounds, the default one. Decoded samples follow each other, whatever times the file says; rate and
    channels are those of what is decoded, which is not always what a header says.

    Args:
        path: of the file.
        kind: what it is, for errors.

    Raises:
        RecordingError: PyAV is not installed; or no sound that can be read, here or in `read`.
    """

    frames = 1 << 62  # not known before it is decoded

    def __init__(self, path: Path, kind: str):
        self.name, self.format = Path(path).name, kind
        self.samplerate = self.channels = None
        self._position = 0  # samples that were decoded
        with self._reading():
            self._container = open_container(path)
        try:
            with self._reading():
                stream = _sound_of(self._container, self.name)
                codec = stream.codec_context
                self.subtype = "FLOAT" if codec.name.startswith("pcm_f") else codec.name.upper()
                self._decoded = self._decode(stream)
                self._rest = next(self._decoded, None)
                if self._rest is None:
                    raise RecordingError(f"{self.name} holds no samples; expected a recording.")
        except BaseException:
            self._container.close()
            raise

    def read(self, count: int, dtype: str = "float32", always_2d: bool = True) -> np.ndarray:
        """The next samples, (n, channels), n ≤ count; none behind the last."""
        found, length = [], 0
        with self._reading():
            while length < count and self._rest is not None:
                found.append(self._rest[: count - length])
                length += len(found[-1])
                rest = self._rest[len(found[-1]) :]
                self._rest = rest if len(rest) else next(self._decoded, None)
        return np.concatenate([np.empty((0, self.channels), dtype), *found], dtype=dtype)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._container.close()

    def _decode(self, stream) -> Iterator[np.ndarray]:
        due = None  # seconds, of the next frame
        for packet in self._container.demux(stream):
            if packet.is_corrupt:  # FFmpeg's mark of one that the file's end cuts
                raise RecordingError(f"{self.name} is truncated: it ends within a packet of sound.")
            for frame in packet.decode():
                self._check_layout(frame)
                if due is not None and frame.time is not None:
                    self._check_none_lost(frame.time - due)
                self._position += frame.samples
                due = None if frame.time is None else frame.time + frame.samples / self.samplerate
                if frame.samples:
                    yield _samples(frame)
        if self._position and (promised := _seconds_of(self._container, stream)):
            self._check_none_lost(promised - self._position / self.samplerate)

    def _check_layout(self, frame) -> None:
        found = frame.sample_rate, frame.layout.nb_channels
        self.samplerate, self.channels = self.samplerate or found[0], self.channels or found[1]
        if found != (self.samplerate, self.channels):
            raise RecordingError(
                f"{self.name} goes from {self.samplerate} Hz and {self.channels} channels to {found[0]} Hz and "
                f"{found[1]} channels; expected one rate and number of channels: convert it to WAV."
            )

    def _check_none_lost(self, seconds: float) -> None:
        """FFmpeg goes over what it cannot read in a Matroska file to where it can again."""
        if seconds > LOST:
            raise RecordingError(
                f"{self.name} is damaged after {self._position / self.samplerate:.1f} s: {seconds:.1f} s of sound are "
                "missing there; record it again."
            )

    @contextlib.contextmanager
    def _reading(self):
        """Whatever FFmpeg and PyAV raise is a sentence about the file."""
        try:
            yield
        except StressIDError:
            raise
        except ModuleNotFoundError:
            raise RecordingError(
                f'{self.name} holds {self.format}, which needs PyAV to be read; pip install -e ".[formats]" '
                "brings it, or convert the file to WAV."
            ) from None
        except Exception as error:
            reason = getattr(error, "strerror", None)  # of FFmpeg's errors
            if reason is None:  # PyAV's own, of what no whole file holds; the log has the traceback
                logger.warning("%s", self.name, exc_info=True)
            reason = reason or shown(error)
            if self._position:
                seconds = self._position / self.samplerate
                raise RecordingError(
                    f"{self.name} is damaged after {seconds:.1f} s ({reason}); record it again."
                ) from None
            raise RecordingError(
                f"{self.name} is not audio that can be read ({reason}); expected WAV, FLAC, Ogg, MP3, M4A, MP4 or WebM."
            ) from None


def _sound_of(container, name: str):
    from av.stream import Disposition

    sounds = container.streams.audio
    if not sounds:
        raise RecordingError(f"{name} has no sound; expected a recording, or a film with sound.")
    sound = next((stream for stream in sounds if stream.disposition & Disposition.default), sounds[0])
    if sound.codec_context is None:
        raise RecordingError(
            f"{name} has sound that is coded in a way that FFmpeg cannot decode here: convert it to WAV."
        )
    return sound


def _seconds_of(container, stream) -> float | None:
    """Length of the sound by the headers; Matroska says it of the whole alone, and a film may outlast its sound."""
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    if container.duration is None or container.streams.video:
        return None
    return container.duration / 1e6


def _samples(frame) -> np.ndarray:
    """(n, channels) of a decoded frame, integers by the full scale of their type, as libsndfile scales them."""
    values = frame.to_ndarray()
    values = values.T if frame.format.is_planar else values.reshape(-1, frame.layout.nb_channels)
    if values.dtype.kind == "f":
        return values
    offset = 128 if values.dtype == np.uint8 else 0
    return ((values.astype(np.float64) - offset) / 2.0 ** (8 * values.dtype.itemsize - 1)).astype(np.float32)

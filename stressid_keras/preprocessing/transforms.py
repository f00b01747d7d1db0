"""From one source file to the 8-bit arrays of its windows, one function per modality."""

import dataclasses
import functools
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stressid_keras.config import PreparationConfig, deciding
from stressid_keras.dataset.recording import WHOLE, Part
from stressid_keras.errors import RecordingError
from stressid_keras.media.film import frames as video
from stressid_keras.media.sound.waveform import trim_padding
from stressid_keras.modalities import FILM, RECORDS, SOUND
from stressid_keras.preprocessing import audio, quality
from stressid_keras.preprocessing.faces import crop as faces
from stressid_keras.preprocessing.failures import may_pass, sentence
from stressid_keras.preprocessing.signals import gaf
from stressid_keras.preprocessing.signals.imaged_signal import ImagedSignal, long_enough, named
from stressid_keras.preprocessing.signals.signal_levels import outside
from stressid_keras.preprocessing.signals.signal_reader import SignalReader
from stressid_keras.preprocessing.windows import Span
from stressid_keras.store import images
from stressid_keras.store.encoding import to_stored

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreparedWindow:
    """One modality of one window."""

    array: np.ndarray | None = None  # uint16 audio (T, n_mels); uint8 video (frames, H, W, 3), signals (S, S)
    seconds: float = 0.0
    reason: str = ""  # why there is no array; empty where the modality merely does not reach the window
    quality: dict[str, float] = dataclasses.field(default_factory=dict)  # measures by name; see quality.py


def transform(
    recording,
    modality: str,
    spans: list[Span | None],
    config: PreparationConfig,
    reader: SignalReader | None = None,
    bounds: tuple[float, ...] | None = None,
) -> list[PreparedWindow]:
    """Transform one modality of a recording, one result per span (None: not in this window).

    Never raises for a bad file: the reason is in the windows.

    Args:
        reader: of the recording's signals; pass the same for all of them, and a file is read once. None: a new one.
        bounds: of a signal, the levels of its person, between which it is imaged; None: those of each window.
    """
    path = recording.sources[modality]
    if path.suffix.lower() == ".png":
        make = _image_window(modality, path, config)
    elif RECORDS[modality].is_signal:
        reader = reader or SignalReader(recording, config.quality)
        make = _signal_window(modality, path, config, reader, bounds)
    else:
        media = {SOUND: _audio_window, FILM: _video_window}[RECORDS[modality].media]
        make = media(path, recording.part(modality), config)
    return [PreparedWindow() if span is None else _attempt(make, modality, path, span) for span in spans]


def is_unexpected(window: PreparedWindow) -> bool:
    """Whether a window failed for a reason that may not be its file's fault, so that it is worth a retry."""
    return may_pass(window.reason)


def settings(modality: str, config: PreparationConfig) -> dict:
    """The part of the configuration that decides this modality's arrays."""
    if RECORDS[modality].is_signal:
        series = getattr(config.gaf, f"{modality}_series", "")
        used = {
            "size": config.gaf.size(modality),
            "method": config.gaf.method,
            "levels": config.gaf.levels,
            **({"series": series} if series else {}),
            "window_seconds": config.window_seconds,
        }
    else:
        used = {modality: deciding(getattr(config, modality))}
        if RECORDS[modality].media == FILM and config.video.crop == "face":
            used["search"] = faces.VERSION
    return {**used, **quality.settings(modality, config.quality), "version": RECORDS[modality].version}


def _attempt(make, modality: str, path: Path, span: Span) -> PreparedWindow:
    try:
        return make(span)
    except Exception as error:  # of whatever type: one file must not stop a run of a thousand
        if not isinstance(error, RecordingError):
            logger.warning("%s of %s", modality, path.name, exc_info=True)
        return PreparedWindow(reason=sentence(path, error))


def _audio_window(path: Path, part: Part, config: PreparationConfig):
    rate, limits = config.audio.sample_rate, config.quality

    @functools.cache  # the file is read when the first window is made, once for all windows
    def load() -> tuple[np.ndarray, np.ndarray, int]:
        return audio.load_waveform_and_clipping(
            path, rate, limits.silence_peak, limits.clip_peak, limits.max_seconds, part
        )

    def make(span: Span) -> PreparedWindow:
        waveform, clipped, file_rate = load()
        piece = _cut(waveform, span, rate)
        if round(span[1] * rate) < len(waveform):  # the recording's own end has been trimmed
            piece = trim_padding(piece)
        audio.check_not_silent(piece, limits.silence_peak, named(path, span))
        seconds = long_enough(len(piece) / rate, path, span, config)
        measures = {
            "clipped_share": quality.share(_cut(clipped, span, file_rate)),
            "silent_share": quality.silent_share(piece, config.audio.hop_length, limits.silence_peak),
        }
        quality.check(measures, limits, named(path, span))
        array = to_stored(audio.log_mel(piece, config.audio), "audio")
        return PreparedWindow(array, seconds, quality=measures)

    return make


def _video_window(path: Path, part: Part, config: PreparationConfig):
    read = faces.full_size(config.video) if config.video.crop == "face" else config.video

    @functools.cache
    def offset() -> float:
        return 0.0 if part == WHOLE else part.span(video.video_seconds(path), path.name)[0]

    def make(span: Span) -> PreparedWindow:
        seconds = long_enough(span[1] - span[0], path, span, config)
        place = offset() + span[0], offset() + span[1]
        frames, found, dropped = video.read_frames_and_dropped(path, *place, read)
        quality.check({"dropped_share": dropped / (found + dropped)}, config.quality, named(path, span))
        measures = {"dropped_frames": dropped}
        if config.video.crop == "face":
            frames, measures["face_share"] = faces.face_frames(frames, config.video.max_side)
        return PreparedWindow(frames, seconds, quality=measures)

    return make


def _signal_window(modality: str, path: Path, config: PreparationConfig, reader: SignalReader, bounds):
    @functools.cache  # heartbeats and levels are found once for all windows
    def signal() -> ImagedSignal:
        return ImagedSignal(modality, reader.samples(modality), config, path)

    @functools.cache
    def misfit() -> str:
        return outside(signal(), bounds) if bounds is not None else ""

    def make(span: Span) -> PreparedWindow:
        measures = signal().check(span)
        if misfit():
            raise RecordingError(misfit())
        piece = signal().cut(signal().series, span)
        seconds = len(piece) / signal().rate
        size = gaf.pixels(config.gaf.size(modality), seconds, config.window_seconds)
        field = gaf.gramian_angular_field(piece, size, config.gaf.method, bounds)
        return PreparedWindow(to_stored(field, modality), seconds, quality=measures)

    return make


def _image_window(modality: str, path: Path, config: PreparationConfig):
    def make(span: Span) -> PreparedWindow:
        if RECORDS[modality].media == SOUND:
            return PreparedWindow(images.load_log_mel_image(path, config.audio), span[1] - span[0])
        if RECORDS[modality].media == FILM:
            raise RecordingError(f"{path.name} is an image; expected a video.")
        return PreparedWindow(images.load_gaf_image(path), span[1] - span[0])

    return make


def _cut(signal: np.ndarray, span: Span, rate: float) -> np.ndarray:
    return signal[round(span[0] * rate) : round(span[1] * rate)]

"""From one source file to the 8-bit arrays of its windows, one function per modality."""

import dataclasses
import functools
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stressid_keras.config import PreparationConfig
from stressid_keras.errors import RecordingError
from stressid_keras.media.film import frames as video
from stressid_keras.media.sound.waveform import trim_padding
from stressid_keras.modalities import RECORDS
from stressid_keras.preprocessing import audio, quality
from stressid_keras.preprocessing.failures import may_pass, sentence
from stressid_keras.preprocessing.signals import gaf, physiology
from stressid_keras.preprocessing.signals.imaged_signal import ImagedSignal, long_enough, named
from stressid_keras.preprocessing.signals.signal_levels import outside
from stressid_keras.preprocessing.windows import Span
from stressid_keras.store import images
from stressid_keras.store.encoding import to_stored

logger = logging.getLogger(__name__)

# Raised when a transform's result changes for the same input; what older versions made is then redone.


@dataclass(frozen=True)
class PreparedWindow:
    """One modality of one window."""

    array: np.ndarray | None = None  # uint16 audio (T, n_mels); uint8 video (frames, H, W, 3), signals (S, S)
    seconds: float = 0.0
    reason: str = ""  # why there is no array; empty where the modality merely does not reach the window
    quality: dict[str, float] = dataclasses.field(default_factory=dict)  # measures by name; see quality.py


def transform(
    modality: str,
    path: Path,
    spans: list[Span | None],
    config: PreparationConfig,
    load=None,
    bounds: tuple[float, ...] | None = None,
) -> list[PreparedWindow]:
    """Transform one modality of a recording, one result per span (None: not in this window).

    Never raises for a bad file: the reason is in the windows.

    Args:
        load: reads a text file of signals at the configuration's rate; pass a caching one to read it once for its three
            signals; None: `load_signals`.
        bounds: of a signal, the levels of its person, between which it is imaged; None: those of each window.
    """
    load = load or functools.partial(physiology.load_signals, quality=config.quality)
    if path.suffix.lower() == ".png":
        make = _image_window(modality, path, config)
    elif modality == "audio":
        make = _audio_window(path, config)
    elif modality == "video":
        make = functools.partial(_video_window, path, config)
    else:
        make = _signal_window(modality, path, config, load, bounds)
    return [PreparedWindow() if span is None else _attempt(make, modality, path, span) for span in spans]


def is_unexpected(window: PreparedWindow) -> bool:
    """Whether a window failed for a reason that may not be its file's fault, so that it is worth a retry."""
    return may_pass(window.reason)


def settings(modality: str, config: PreparationConfig) -> dict:
    """The part of the configuration that decides this modality's arrays."""
    if modality == "audio":
        used = {"audio": dataclasses.asdict(config.audio)}
    elif modality == "video":
        used = {"video": dataclasses.asdict(config.video)}
    else:
        used = {
            "size": config.gaf.size(modality),
            "method": config.gaf.method,
            "levels": config.gaf.levels,
            **({"series": config.gaf.ecg_series} if modality == "ecg" else {}),
            "window_seconds": config.window_seconds,
        }
    return {**used, **quality.settings(modality, config.quality), "version": RECORDS[modality].version}


def _attempt(make, modality: str, path: Path, span: Span) -> PreparedWindow:
    try:
        return make(span)
    except Exception as error:  # of whatever type: one file must not stop a run of a thousand
        if not isinstance(error, RecordingError):
            logger.warning("%s of %s", modality, path.name, exc_info=True)
        return PreparedWindow(reason=sentence(path, error))


def _audio_window(path: Path, config: PreparationConfig):
    rate, limits = config.audio.sample_rate, config.quality

    @functools.cache  # the file is read when the first window is made, once for all windows
    def load() -> tuple[np.ndarray, np.ndarray, int]:
        return audio.load_waveform_and_clipping(
            path, rate, limits.silence_peak, limits.clip_peak, limits.max_seconds
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


def _video_window(path: Path, config: PreparationConfig, span: Span) -> PreparedWindow:
    seconds = long_enough(span[1] - span[0], path, span, config)
    frames, found, dropped = video.read_frames_and_dropped(path, *span, config.video)
    quality.check({"dropped_share": dropped / (found + dropped)}, config.quality, named(path, span))
    return PreparedWindow(frames, seconds, quality={"dropped_frames": dropped})


def _signal_window(modality: str, path: Path, config: PreparationConfig, load, bounds):
    @functools.cache  # heartbeats and levels are found once for all windows
    def signal() -> ImagedSignal:
        return ImagedSignal(modality, load(path)[modality], config, path)

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
        if modality == "audio":
            return PreparedWindow(images.load_log_mel_image(path, config.audio), span[1] - span[0])
        if modality == "video":
            raise RecordingError(f"{path.name} is an image; expected a video.")
        return PreparedWindow(images.load_gaf_image(path), span[1] - span[0])

    return make


def _cut(signal: np.ndarray, span: Span, rate: float) -> np.ndarray:
    return signal[round(span[0] * rate) : round(span[1] * rate)]

"""One window of a recording: the raw signals beside what the networks see of them."""

import functools
import math

import numpy as np
from matplotlib.figure import Figure

from stressid_keras.config import PreparationConfig
from stressid_keras.errors import RecordingError, StressIDError
from stressid_keras.modalities import PHYSIOLOGICAL
from stressid_keras.preprocessing import load_waveform, prepare_recording
from stressid_keras.preprocessing.signals.signal_reader import SignalReader
from stressid_keras.reporting.pictures.lines import draw_samples
from stressid_keras.store.encoding import from_stored

FIELD_STYLE = {"cmap": "RdBu_r", "vmin": 0, "vmax": 255, "origin": "upper", "interpolation": "nearest"}
LOG_MEL_STYLE = {"cmap": "magma", "vmin": 0, "vmax": 1, "origin": "lower", "interpolation": "nearest"}


def recording_figure(
    recording, config: PreparationConfig, window: int = 0, levels=None, run_on: bool = False
) -> Figure:
    """Waveform and log-mel, the signals and their Gramian angular fields, and the frames.

    What a recording lacks, or what cannot be used, is said in its place.

    Args:
        recording: a dataset Recording.
        config: as the preparation's.
        window: which of its windows, from 0.
        levels, run_on: of the person's signals and of the data set, as for `prepare_recording`.

    Raises:
        StressIDError: it has no such window.
    """
    prepared = prepare_recording(recording, config, levels, run_on)
    count = max(map(len, prepared.values()), default=0)
    if not 0 <= window < count:
        raise StressIDError(
            f"{recording.name} has {count} windows; expected a number below that, got {window}."
        )
    shown = {modality: windows[window] for modality, windows in prepared.items() if window < len(windows)}
    start = window * config.hop_seconds
    figure = Figure(figsize=(11, 13), layout="constrained")
    figure.suptitle(f"{recording.name}, window {window} (from {start:g} s)")
    names = [name for name in PHYSIOLOGICAL if name in recording.sources] or list(PHYSIOLOGICAL)
    audio, signals, video = figure.subfigures(3, 1, height_ratios=(4, 2 * len(names), 3))
    _draw_audio(audio.subplots(2, 1), recording, shown.get("audio"), start, config)
    axes = signals.subplots(len(names), 2, width_ratios=(3, 1), squeeze=False)
    _draw_signals(dict(zip(names, axes, strict=True)), recording, shown, start, config)
    _draw_frames(video.subplots(), shown.get("video"))
    return figure


def _draw_audio(axes, recording, prepared, start: float, config: PreparationConfig) -> None:
    rate = config.audio.sample_rate
    wave, image = axes
    wave.set(title="waveform", ylabel="amplitude", xlabel="s")
    part = recording.part("audio")
    _draw_line(wave, lambda: load_waveform(recording.sources["audio"], rate, part=part), rate, start, config)
    image.set(
        title=f"log-mel, {config.audio.top_db:g} dB below its loudest point", ylabel="mel band", xlabel="s"
    )
    if _has_array(image, prepared):
        extent = (0, prepared.seconds, 0, config.audio.n_mels)
        image.imshow(from_stored(prepared.array, "audio").T, aspect="auto", extent=extent, **LOG_MEL_STYLE)


def _draw_signals(axes, recording, shown, start: float, config: PreparationConfig) -> None:
    reader, rate = SignalReader(recording, config.quality), config.quality.signal_rate
    for modality, (line, image) in axes.items():
        line.set(title=modality.upper(), xlabel="s")
        _draw_line(line, functools.partial(reader.samples, modality), rate, start, config)
        image.set(title=f"angular {config.gaf.method} field", xticks=[], yticks=[])
        if _has_array(image, shown.get(modality)):
            image.imshow(shown[modality].array, **FIELD_STYLE)


def _draw_frames(axes, prepared) -> None:
    axes.set(title="frames, row by row", xticks=[], yticks=[])
    if _has_array(axes, prepared):
        axes.imshow(_wide(prepared.array), interpolation="nearest")


def _draw_line(axes, load, rate: float, start: float, config: PreparationConfig) -> None:
    """The raw samples of the window."""
    try:
        samples = load()
    except (KeyError, RecordingError, OSError) as error:
        absent = isinstance(error, KeyError)
        _say(axes, "there is no file" if absent else str(error))
        return
    draw_samples(axes, samples[round(start * rate) : round((start + config.window_seconds) * rate)], rate)


def _has_array(axes, prepared) -> bool:
    if prepared is None or prepared.array is None:
        _say(axes, (prepared.reason if prepared else "") or "this window does not have it")
        return False
    return True


def _say(axes, sentence: str) -> None:
    axes.text(0.5, 0.5, sentence, ha="center", va="center", wrap=True, transform=axes.transAxes)


def _wide(frames: np.ndarray) -> np.ndarray:
    """(n, H, W, 3) → one image of two rows, which suits the page."""
    half = math.ceil(len(frames) / 2)
    black = np.zeros((2 * half - len(frames), *frames.shape[1:]), frames.dtype)
    rows = np.split(np.concatenate([frames, black]), 2)
    return np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0)

"""What a student heard in a recording: the waveform, its log-mel, and the probabilities over time."""

import numpy as np
from matplotlib.figure import Figure

from stressid_keras.config import AudioConfig
from stressid_keras.preprocessing import log_mel
from stressid_keras.reporting.pictures.lines import draw_samples
from stressid_keras.reporting.pictures.recording import LOG_MEL_STYLE

COLOURS = ("#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7", "#56B4E9")  # Okabe and Ito, 2008


def prediction_figure(prediction, waveform: np.ndarray, window_seconds: float, audio: AudioConfig) -> Figure:
    """Three rows on one axis of seconds; silent windows are shaded.

    The log-mel is relative to the loudest point of the whole recording; the model takes each window relative to its
    own.

    Args:
        prediction: of `StudentRunner.predict`.
        waveform: (n,) float32 at `audio.sample_rate`, full scale 1.
        window_seconds: length of the model's window.
        audio: the log-mel to draw, the model's own where it hears one.
    """
    figure = Figure(figsize=(11, 8), layout="constrained")
    wave, image, curves = figure.subplots(3, 1, sharex=True, height_ratios=(2, 3, 3))
    seconds = len(waveform) / audio.sample_rate
    draw_samples(wave, waveform, audio.sample_rate)
    wave.set(title="waveform", ylabel="amplitude")
    extent = (0, seconds, 0, audio.n_mels)
    image.imshow(log_mel(waveform, audio).T, aspect="auto", extent=extent, **LOG_MEL_STYLE)
    image.set(title=f"log-mel, {audio.top_db:g} dB below its loudest point", ylabel="mel band")
    _draw_probabilities(curves, prediction, window_seconds, seconds)
    curves.set(xlim=(0, seconds))
    return figure


def _draw_probabilities(axes, prediction, window_seconds: float, seconds: float) -> None:
    """A point in the middle of each window, and the mean of all at the right end."""
    ends = np.minimum(prediction.starts + window_seconds, seconds)
    middles = (prediction.starts + ends) / 2
    for index, name in enumerate(prediction.class_names):
        colour = COLOURS[index % len(COLOURS)]
        mean = prediction.mean[index]
        axes.plot(
            middles, prediction.probabilities[:, index], "o-", color=colour, label=f"{name}, mean {mean:.2f}"
        )
        axes.axhline(mean, color=colour, linewidth=0.8, linestyle=":")
    for start, end in zip(prediction.starts[prediction.silent], ends[prediction.silent], strict=True):
        axes.axvspan(start, end, color="0.9", zorder=0)
    axes.set(title=f"probabilities of windows of {window_seconds:g} s", xlabel="s", ylim=(0, 1))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))

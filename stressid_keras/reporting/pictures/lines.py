"""A signal as a line, whatever its length."""

import math

import numpy as np

COLOUR = "#0072B2"  # the blue of Okabe and Ito, 2008
POINTS = 4000  # of a line: more than a page has pixels


def draw_samples(axes, samples: np.ndarray, rate: float) -> None:
    """Samples (n,) over seconds, thinned to the extremes of each point, which a faster plot would lose."""
    seconds = np.arange(len(samples)) / rate
    step = math.ceil(len(samples) / POINTS)
    if step > 1:
        samples = samples[: len(samples) // step * step].reshape(-1, step)
        samples = np.stack([samples.min(axis=1), samples.max(axis=1)], axis=1).ravel()
        seconds = np.repeat(seconds[: len(samples) // 2 * step : step], 2)
    axes.plot(seconds, samples, linewidth=0.6, color=COLOUR)
    axes.margins(x=0)

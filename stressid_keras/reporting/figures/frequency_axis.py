"""Hertz along an axis of mel bands."""

import numpy as np

from stressid_keras.media.mel import band_frequency, band_position

TICKS = (16_000, 8000, 4000, 2000, 1000, 500, 250)  # Hz, first those that are shown first
CLOSEST = {"x": 0.1, "y": 0.06}  # share of the axis between two ticks that leaves room for their numbers


def frequency_axis(axis, sample_rate: int, n_mels: int) -> None:
    """Ticks in Hz on the axis (`axes.xaxis` or `axes.yaxis`) of a picture whose mel bands lie at 0, 1, …"""
    positions = band_position(np.array(TICKS), sample_rate, n_mels)
    gap, shown = CLOSEST[axis.axis_name] * n_mels, {}
    for place, hertz in zip(positions, TICKS, strict=True):
        if place < min(shown, default=n_mels + gap) - gap:
            shown[place] = str(hertz)
    axis.set_ticks(list(shown), list(shown.values()))


def span(first: int, stop: int, sample_rate: int, n_mels: int) -> tuple[float, float]:
    """Least and greatest frequency, in Hz, of the mel bands from `first` to before `stop`."""
    low, high = band_frequency(np.array([first - 0.5, stop - 0.5]), sample_rate, n_mels)
    return float(low), float(high)


def span_text(first: int, stop: int, sample_rate: int, n_mels: int) -> str:
    """The same in words."""
    low, high = span(first, stop, sample_rate, n_mels)
    return f"{low:.0f} to {high:.0f} Hz"

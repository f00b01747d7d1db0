"""Where in a window the student listens."""

import numpy as np
import pandas as pd

from stressid_keras.analysis.inspection.patches import patches
from stressid_keras.reporting.figures.drawn import NARROW, Drawn, draw
from stressid_keras.reporting.figures.frequency_axis import frequency_axis, span, span_text

OPACITY = 0.75  # of the largest change; the sound stays visible beneath
SIGNED = 0.25  # of the largest change, from where a patch bears its sign: in grey, both colours are alike
GREYS = 32  # levels of the spectrogram: a small file, and more than the eye tells apart under the colours


def occlusion_figure(
    picture: np.ndarray, drops: np.ndarray, sample_rate: int, hop_length: int, title: str
) -> Drawn:
    """A mel spectrogram in greys, and over it in colours what hiding each patch does to the probability.

    Args:
        picture: (T, n_mels) in [0, 1], of loudness.
        drops: (time patches, band patches), as `inspection.occlusion_maps` gives them: positive (brown) where hiding
            the patch lowers the class's probability, negative (violet) where it raises it.
            What changes much also bears its sign.
        sample_rate: Hz.
        hop_length: samples from one frame to the next.
        title: begins the text alternative: which window, which class.
    """
    seconds = len(picture) * hop_length / sample_rate
    text = _describe(picture.shape, drops, sample_rate, hop_length, title)
    table = _table(picture.shape, drops, sample_rate, hop_length)
    return draw(_draw, (NARROW, 3.4), text, table, picture, drops, sample_rate, seconds)


def _table(shape: tuple[int, int], drops: np.ndarray, sample_rate: int, hop_length: int) -> pd.DataFrame:
    """A row per patch; the spectrogram behind them is the recording itself and stays out."""
    times, bands = patches(shape[0], drops.shape[0]), patches(shape[1], drops.shape[1])
    rows = [
        (
            *(frame * hop_length / sample_rate for frame in (times[time].start, times[time].stop)),
            *span(bands[band].start, bands[band].stop, sample_rate, shape[1]),
            drop,
        )
        for (time, band), drop in np.ndenumerate(drops)
    ]
    return pd.DataFrame(rows, columns=["from_s", "to_s", "from_hz", "to_hz", "drop"])


def _describe(
    shape: tuple[int, int], drops: np.ndarray, sample_rate: int, hop_length: int, title: str
) -> Drawn:
    times, bands = patches(shape[0], drops.shape[0]), patches(shape[1], drops.shape[1])

    def place(index: int) -> str:
        time, band = np.unravel_index(index, drops.shape)
        start, stop = (frame * hop_length / sample_rate for frame in (times[time].start, times[time].stop))
        return (
            f"{drops[time, band]:+z.3f} at {start:.1f} to {stop:.1f} s, "
            f"{span_text(bands[band].start, bands[band].stop, sample_rate, shape[1])}"
        )

    means = "; ".join(
        f"{span_text(band.start, band.stop, sample_rate, shape[1])} {drop:+z.4f}"
        for band, drop in zip(bands, drops.mean(axis=0), strict=True)
    )
    return (
        f"{title}. Drop of the probability when a patch of the mel spectrogram is hidden: largest "
        f"{place(drops.argmax())}; smallest {place(drops.argmin())}; mean by frequency: {means}."
    )


def _draw(axes, picture: np.ndarray, drops: np.ndarray, sample_rate: int, seconds: float) -> None:
    n_mels = picture.shape[1]
    place = {"extent": (0, seconds, -0.5, n_mels - 0.5), "origin": "lower", "aspect": "auto"}
    greys = np.round(picture.T * (GREYS - 1)) / (GREYS - 1)
    axes.imshow(greys, cmap="gray_r", vmin=0, vmax=1.3, **place)  # to dark grey: colours show on it
    limit = np.abs(drops).max() or 1.0
    opacity = OPACITY * np.abs(drops.T) / limit
    image = axes.imshow(
        drops.T, cmap="PuOr_r", vmin=-limit, vmax=limit, alpha=opacity, interpolation="nearest", **place
    )
    for sign, marker in ((1, "+"), (-1, "_")):
        bands, times = np.nonzero(sign * drops.T > SIGNED * limit)
        places = (times + 0.5) * seconds / len(drops), (bands + 0.5) * n_mels / drops.shape[1] - 0.5
        for colour, width in (("white", 2.2), ("black", 1.0)):  # told on any ground
            axes.plot(*places, marker, color=colour, markersize=5, markeredgewidth=width)
    axes.set(xlabel="s", ylabel="Hz", xlim=(0, seconds), ylim=(-0.5, n_mels - 0.5))
    frequency_axis(axes.yaxis, sample_rate, n_mels)
    image.set_alpha(opacity)
    bar = axes.figure.colorbar(_opaque(image), ax=axes, location="bottom", aspect=30, fraction=0.06)
    bar.set_label("drop of the probability when hidden")
    bar.outline.set_visible(False)
    bar.set_ticks([-limit, 0, limit], labels=[f"{-limit:.2g}", "0", f"{limit:.2g}"])


def _opaque(image):
    """The colours of an image for its bar, without the opacities of its pixels."""
    from matplotlib.cm import ScalarMappable

    return ScalarMappable(image.norm, image.cmap)

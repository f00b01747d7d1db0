"""A figure, drawn: inline SVG, and files. Text stays text, nothing is loaded, the same data give the same bytes."""

import contextlib
import html
import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from textwrap import fill

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

NARROW = 3.6  # inches: at the width of a phone's screen, text keeps the size it was drawn in
LEGEND_SIZE = 9  # points
LETTER_WIDTH = 0.075  # inches, of that size on average
KEY_WIDTH = 0.5  # inches: a legend's line, its distance from the text, and from the next column
IMAGE_DPI = 100  # of pictures inside: a third of a megabyte at twice as much
PNG_DPI = 200  # of a PNG file, for slides; at 300 it takes half as long again, and print has the SVG
COMPRESSION = 1  # of a PNG file, of 9: a tenth larger, in half the time
POINTS = 72  # in an inch
STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.parse_math": False,  # a class may be called $
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


@dataclass(frozen=True)
class Drawn:
    """A figure of a report; `str` gives its `<svg>` element, for a page.

    Attributes:
        svg: one `<svg>` element with a text alternative, as wide as its container, at most as wide as drawn.
        table: the numbers that are drawn, a row each.
    """

    svg: str
    table: pd.DataFrame
    _figure: Figure = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.svg

    def svg_file(self) -> str:
        """The same as a file of its own, of the size it was drawn in."""
        width, height = (f"{inches * POINTS:g}pt" for inches in self._figure.get_size_inches())
        names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        opening = f'<svg {names} width="{width}" height="{height}" '
        return f"<?xml version='1.0' encoding='utf-8'?>\n{self.svg.replace('<svg ', opening, 1)}\n"

    def png(self) -> bytes:
        """The same in pixels, on white, for whatever takes no SVG."""
        buffer = io.BytesIO()
        with _style():
            self._figure.set_dpi(PNG_DPI)
            canvas = FigureCanvasAgg(self._figure)  # `savefig` would draw twice
            canvas.print_png(buffer, metadata={"Software": None}, pil_kwargs={"compress_level": COMPRESSION})
        return buffer.getvalue()


def draw(
    paint: Callable, size: tuple[float, float], description: str, table: pd.DataFrame, *data, **panels
) -> Drawn:
    """A figure.

    Args:
        paint: called with the axes (an array of them if there are several) and `data`.
        size: width and height in inches.
        description: what it shows and its numbers, for those who cannot see it.
        table: the numbers that it shows.
        panels: as `Figure.subplots` takes them.
    """
    with _style({"svg.hashsalt": description}):
        figure = Figure(figsize=size, layout="constrained")
        paint(figure.subplots(**panels), *data)
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", metadata=nothing, transparent=True, dpi=IMAGE_DPI)
        figure.set_layout_engine("none")  # what was laid out stays as it is, and is not computed again
    text = buffer.getvalue()
    text = text[text.index("<svg") :].strip()
    view = re.search(r'viewBox="[^"]*"', text).group()
    opening = (
        f'<svg role="img" aria-label="{html.escape(description)}" {view} style="max-width: {size[0]}in">'
    )
    text = re.sub(r"<svg[^>]*>", lambda _: opening, text, count=1)
    text = re.sub(r'<g id="[^"]*"', "<g", text)  # matplotlib's group names repeat from figure to figure
    return Drawn(text, table, figure)


@contextlib.contextmanager
def _style(changes: dict | None = None):
    with matplotlib.rc_context({**STYLE, **(changes or {})}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # the reader's fonts draw the text
        yield


def legend_below(axes) -> None:
    """The legend of `axes` under the whole figure, in as many columns as the width has room for."""
    handles, labels = axes.get_legend_handles_labels()
    width = axes.figure.get_figwidth()
    longest = int((width - KEY_WIDTH) / LETTER_WIDTH)
    labels = [fill(label, longest) for label in labels]
    axes.figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=_columns(labels, width),
        fontsize=LEGEND_SIZE,
        columnspacing=1.0,
    )


def legend_height(labels: Sequence[str], width: float = NARROW) -> float:
    """Inches to add to a figure's height for a legend of these labels."""
    longest = int((width - KEY_WIDTH) / LETTER_WIDTH)
    labels = [fill(label, longest) for label in labels]
    lines = sum(label.count("\n") + 1 for label in labels)
    return 0.2 * np.ceil(lines / _columns(labels, width))


def shown_label(text: str) -> str:
    """A label that matplotlib shows: it would leave out one that begins with an underscore."""
    return f"\u200b{text}" if text.startswith("_") else text


def _columns(labels: Sequence[str], width: float) -> int:
    for count in range(len(labels), 1, -1):
        columns = np.array_split([max(map(len, label.split("\n"))) for label in labels], count)
        if sum(KEY_WIDTH + LETTER_WIDTH * column.max() for column in columns) <= width:
            return count
    return 1

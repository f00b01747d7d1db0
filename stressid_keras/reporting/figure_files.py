"""The figures of a report as files, for a thesis or a paper: SVG, PNG, and the numbers as CSV."""

import re
from collections.abc import Iterable
from pathlib import Path

from stressid_keras.provenance import atomic_path, write_text
from stressid_keras.reporting import FIGURES
from stressid_keras.reporting.figures.drawn import Drawn
from stressid_keras.reporting.page import FigureGrid

LONGEST_NAME = 80  # letters: some file systems and archives stop soon after


def named_figures(shown: dict[str, Iterable]) -> dict[str, Drawn]:
    """The figures among the pieces of a report, by names for files.

    Args:
        shown: pieces by the name of their section; a figure is called after that and its caption.
    """
    found = {}
    for section, pieces in shown.items():
        for caption, drawn in (pair for piece in pieces for pair in _figures(piece)):
            name = re.sub("[^a-z0-9]+", "_", f"{section} {caption}".lower()).strip("_")[:LONGEST_NAME]
            taken = sum(re.fullmatch(rf"{name}(-\d+)?", other) is not None for other in found)
            found[f"{name}-{taken + 1}" if taken else name] = drawn
    return found


def _figures(piece) -> list[tuple[str, Drawn]]:
    if isinstance(piece, FigureGrid):
        return list(piece.drawn)
    return [("", piece)] if isinstance(piece, Drawn) else []


def write_figures(folder: Path, figures: dict[str, Drawn]) -> list[str]:
    """Write `figures/<name>.svg`, `.png` and `.csv` of each.

    Args:
        folder: of the report.
        figures: by name.

    Returns:
        The files, relative to the folder.
    """
    files = []
    for name, drawn in figures.items():
        svg, png, csv = (f"{FIGURES}/{name}.{kind}" for kind in ("svg", "png", "csv"))
        write_text(folder / svg, drawn.svg_file())
        with atomic_path(folder / png) as temporary:
            temporary.write_bytes(drawn.png())
        with atomic_path(folder / csv) as temporary:
            drawn.table.to_csv(temporary, index=False)
        files += [svg, png, csv]
    return files

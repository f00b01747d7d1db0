"""What a section of the report is; the registry of all of them."""

from collections.abc import Callable
from dataclasses import dataclass

from stressid_keras.reporting.evidence import Evidence
from stressid_keras.reporting.figures.drawn import Drawn
from stressid_keras.reporting.page import FigureGrid, element
from stressid_keras.system.registry import Registry

SECTIONS = Registry("section")
Piece = str | FigureGrid | Drawn  # whose `str` is HTML
Pieces = Callable[[Evidence], list[Piece] | None]


@dataclass(frozen=True)
class Section:
    """A part of the report.

    Attributes:
        name: of its own, in the registry.
        title: its heading; "" of one whose pieces have their own.
        place: in the report, ascending.
        pieces: `Evidence` → pieces of HTML and figures; None where there is nothing to show, then without heading.
    """

    name: str
    title: str
    place: float
    pieces: Pieces

    def shown(self, evidence: Evidence) -> list[Piece]:
        found = self.pieces(evidence)
        if found is None:
            return []
        return [element("h2", self.title), *found] if self.title else found


def section(title: str, place: float) -> Callable[[Pieces], Pieces]:
    """Decorate the function that makes the pieces: it becomes a section, named as the function is."""

    def register(pieces: Pieces) -> Pieces:
        SECTIONS.register(Section(pieces.__name__, title, place, pieces))
        return pieces

    return register

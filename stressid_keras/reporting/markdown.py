"""Markdown (CommonMark with GitHub's tables) whose foreign text stays text."""

import re
from collections.abc import Sequence


def escaped(text: object) -> str:
    """Any text on one line, so that it reads the same after rendering."""
    line = " ".join(str(text).split())
    line = re.sub(r"([\\`*_{}\[\]<>|~$&])", r"\\\1", line)
    return re.sub(r"^(\d*)([#+=.)-])(?=[#+=-]*(\s|$))", r"\1\\\2", line)  # what opens a heading or a list


def table(header: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int = 1) -> str:
    """A table of cells that are Markdown already; the first columns flush left, the others right."""
    rule = ["---"] * text_columns + ["---:"] * (len(header) - text_columns)
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows))


def bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)

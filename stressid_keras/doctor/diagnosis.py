"""All that is looked at, in sections; what cannot be found out is said, never raised."""

import importlib
import platform
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stressid_keras import __version__
from stressid_keras.doctor.backends import backend_rows
from stressid_keras.doctor.codecs import codec_rows
from stressid_keras.doctor.machine import device_rows, disk_rows, thread_rows
from stressid_keras.doctor.requirements import extra_rows, recipe_rows

CORE = (
    "numpy",
    "soundfile",
    "soxr",
    "stressid_keras.runtime.runner",
)  # what asking an exported student imports
Row = tuple[str, str]  # what, and how it is


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes:
        sections: titles and rows of what was looked at.
        core_works: whether an exported student can be asked.
    """

    sections: dict[str, list[Row]]
    core_works: bool

    def __str__(self) -> str:
        width = max((len(what) for rows in self.sections.values() for what, _ in rows), default=0)
        lines = []
        for title, rows in self.sections.items():
            lines += [title, *(f"  {what:<{width}}  {how}".rstrip() for what, how in rows), ""]
        return "\n".join(lines).rstrip()


def diagnose(folders: Iterable[Path], recipes: Iterable = (), ask_backend: bool = False) -> Diagnosis:
    """Look at everything; raises nothing.

    Args:
        folders: whose free disk is told.
        recipes: records with `name` and `needs`, the extras that a recipe needs; without them, extras alone are told.
        ask_backend: also have the active backend say which devices it sees, in a process of its own, for some seconds.
    """
    broken = []
    looked_at: dict[str, Callable[[], Iterable[Row]]] = {
        "stressid_keras": lambda: _own(broken),
        "Keras": lambda: backend_rows(ask_backend),
        "Devices": device_rows,
        "Threads": thread_rows,
        "Disk": lambda: disk_rows(folders),
        "Sound and film": codec_rows,
        "Extras": extra_rows,
        "Recipes": lambda: recipe_rows(recipes),
    }
    found = {title: list(_guarded(look)) for title, look in looked_at.items()}
    return Diagnosis({title: rows for title, rows in found.items() if rows}, not broken)


def _own(broken: list[str]) -> Iterator[Row]:
    yield "version", __version__
    yield "place", str(Path(__file__).parents[1])
    yield "Python", f"{platform.python_version()} on {platform.platform()}"
    for module in CORE:
        try:
            importlib.import_module(module)
        except Exception as error:  # of a library, or of the system that it loads
            broken.append(module)
            yield module, f"BROKEN: {_in_short(error)}"
    yield "core", "broken: pip install --force-reinstall -e ." if broken else "works"


def _guarded(look: Callable[[], Iterable[Row]]) -> Iterator[Row]:
    try:
        yield from look()
    except Exception as error:  # a diagnosis of a machine where something is wrong does not end there
        yield "not found out", _in_short(error)


def _in_short(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]

"""Kinds of things that register themselves: what lists them asks the registry, and a new one is a file of its own."""

import importlib
import pkgutil
from collections.abc import Iterable

from stressid_keras.errors import StressIDError, shown


class Registry(dict):
    """Things by name. Each has `name`, and `place`, a number by which they are ordered wherever they are listed.

    Args:
        kind: what the things are, for sentences.
    """

    def __init__(self, kind: str):
        super().__init__()
        self._kind = kind

    def register(self, thing):
        """Add a thing by its `name`, and return it.

        Raises:
            StressIDError: another one has the name.
        """
        if thing.name in self:
            raise name_taken(self._kind, thing.name)
        self[thing.name] = thing
        return thing

    def __missing__(self, name):
        raise name_unknown(self._kind, name, self)

    def ordered(self) -> list:
        """All of them, by place; of equal places in the order of registration."""
        return sorted(self.values(), key=lambda thing: thing.place)


def name_taken(kind: str, name: str) -> StressIDError:
    return StressIDError(f"{kind} {name!r} is registered twice; expected a name of its own for each.")


def name_unknown(kind: str, name: object, known: Iterable[str]) -> StressIDError:
    return StressIDError(f"{kind} {shown(name)} is unknown; expected one of {', '.join(known)}.")


def import_modules(package: str, path: Iterable[str]) -> None:
    """Import every module of a package, so that what registers itself there is known.

    Args:
        package: its `__name__`.
        path: its `__path__`.
    """
    for module in pkgutil.iter_modules(path):
        importlib.import_module(f"{package}.{module.name}")

"""Kinds of things that register themselves: what lists them asks the registry, and a new one is a file of its own."""

import importlib
import pkgutil
from collections.abc import Iterable


class Registry(dict):
    """Things by name. Each has `name`, and `place`, a number by which they are ordered wherever they are listed."""

    def add(self, thing):
        """Register a thing and return it.

        Raises:
            ValueError: another has its name.
        """
        if thing.name in self:
            raise ValueError(f"{thing.name!r} is registered twice; expected a name of its own.")
        self[thing.name] = thing
        return thing

    def ordered(self) -> list:
        """All of them, by place; of equal places in the order of registration."""
        return sorted(self.values(), key=lambda thing: thing.place)


def import_modules(package: str, path: Iterable[str]) -> None:
    """Import every module of a package, so that what registers itself there is known.

    Args:
        package: its `__name__`.
        path: its `__path__`.
    """
    for module in pkgutil.iter_modules(path):
        importlib.import_module(f"{package}.{module.name}")

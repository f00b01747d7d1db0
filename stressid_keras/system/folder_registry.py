"""Things of one kind by name, a file each in one folder."""

import functools
import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence

from stressid_keras.system.registry import name_taken, name_unknown


class FolderRegistry(Mapping):
    """What a folder's files register, by name; a new file is enough to add a thing.

    A file has the name of the thing that it registers when it is imported, so that the names are read from the folder:
    a configuration is checked, and help is written, without what the things themselves need. Things may also be
    registered from anywhere else. A file whose name begins with an underscore registers nothing.

    Args:
        package: full name of the folder, whose `__init__` registers nothing.
        kind: what the things are, for sentences.
        first: names that come first, in this order; the others follow by the alphabet.
    """

    def __init__(self, package: str, kind: str, first: Sequence[str] = ()):
        self._package, self._kind, self._first = package, kind, tuple(first)
        self._things = {}

    def register(self, thing):
        """Add a thing by its `name`, and return it.

        Raises:
            StressIDError: another one has the name.
        """
        if thing.name in self._things:
            raise name_taken(self._kind, thing.name)
        self._things[thing.name] = thing
        return thing

    def remove(self, name: str) -> None:
        """Take out what was registered from outside the folder."""
        del self._things[name]

    def __getitem__(self, name: str):
        if name not in self._things:
            if name not in self._files:
                raise name_unknown(self._kind, name, self)
            importlib.import_module(f"{self._package}.{name}")
        return self._things[name]

    def __contains__(self, name) -> bool:
        return name in self._things or name in self._files

    def __iter__(self) -> Iterator[str]:
        order = {name: place for place, name in enumerate(self._first)}
        return iter(sorted(self._names(), key=lambda name: (order.get(name, len(order)), name)))

    def __len__(self) -> int:
        return len(self._names())

    def _names(self) -> set[str]:
        return {*self._things, *self._files}

    @functools.cached_property
    def _files(self) -> list[str]:
        """Names of the folder's modules; the folder is found without importing what stands above it."""
        top, *inner = self._package.split(".")
        paths = importlib.import_module(top).__path__
        folders = ["/".join([path, *inner]) for path in paths]
        return [module.name for module in pkgutil.iter_modules(folders) if not module.name.startswith("_")]

"""What every kind of data set says of itself, so that the rest need not know where its files are."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset.recording import Recording
from stressid_keras.system.registry import Registry

ADAPTERS = Registry("adapter")


@dataclass(frozen=True)
class Contents:
    """What an adapter found.

    Attributes:
        recordings: those that have a label, by name, with all their files.
        rows: of the label table, those without a label among them.
        class_names: in the order of the label's integers.
        label_column: what the label is called there.
        oddities: what is strange and yet used: a phrase, and the names that it is true of.
        naming: how files are to be named or listed, for the sentence about data of which nothing can be used.
        absent: modalities that no recording can have, each with the sentence that says why.
    """

    recordings: tuple[Recording, ...]
    rows: int
    class_names: tuple[str, ...]
    label_column: str
    oddities: tuple[tuple[str, Collection[str]], ...]
    naming: str
    absent: dict[str, str] = field(default_factory=dict)


class Adapter:
    """A kind of data set; a subclass in a module of this folder is registered by `adapter`.

    Attributes:
        name: of the kind.
        place: among the kinds, ascending: the first that recognises data reads them.
        names_classes: whether the data say what their classes are called; otherwise the options do.
    """

    name: str
    place = 100.0
    names_classes = False

    def recognises(self, path: Path) -> bool:
        """Whether the data at a path are of this kind."""
        raise NotImplementedError

    def root(self, path: Path) -> Path:
        """The folder in which everything lies."""
        return path

    def title(self, path: Path) -> str:
        """What the data are called, in reports and as the name of the results' folder."""
        return path.name

    def recording_folders(self, path: Path) -> tuple[Path, ...]:
        """Folders in which nothing may be written."""
        return ()

    def read(self, path: Path, config: DatasetConfig) -> Contents:
        """List the recordings; files are looked for, not opened.

        Raises:
            DatasetError: the data or their labels cannot be used, or no recording has a label.
        """
        raise NotImplementedError


def adapter(cls: type[Adapter]) -> type[Adapter]:
    """Register a kind of data set; a class decorator.

    Raises:
        StressIDError: another one has the name.
    """
    ADAPTERS.register(cls())
    return cls


def data_title(path: Path | str) -> str:
    """What the data at a path are called."""
    resolved = Path(path).resolve()
    return adapter_of(resolved).title(resolved)


def data_root(path: Path | str) -> Path:
    """The folder in which the data at a path lie."""
    return adapter_of(path).root(Path(path))


def adapter_of(path: Path | str) -> Adapter:
    """The adapter of the data at a path; of what no kind recognises, StressID's, whose errors say what is expected."""
    found = (one for one in ADAPTERS.ordered() if one.recognises(Path(path)))
    return next(found, ADAPTERS["stressid"])

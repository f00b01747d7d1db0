"""Where a StressID tree keeps its files: which file holds which modality of which recording."""

from collections.abc import Iterator
from pathlib import Path

from stressid_keras.config import PHYSIOLOGICAL
from stressid_keras.errors import DatasetError

LABELS_FILE = "labels.csv"
FOLDERS = ("Audio", "Videos", "Physiological")
EXPECTED = f"{', '.join(FOLDERS)} and {LABELS_FILE}"


def labels_path(root: Path) -> Path:
    """The label table of the tree at `root`.

    Raises:
        DatasetError: `root` is missing, a file, empty, or has no label table.
    """
    if not root.exists():
        raise DatasetError(
            f"{root} does not exist; expected the StressID folder with {EXPECTED}: check the path."
        )
    if not root.is_dir():
        raise DatasetError(
            f"{root} is a file; expected the StressID folder with {EXPECTED}: give the folder's path."
        )
    if next(root.iterdir(), None) is None:
        raise DatasetError(f"{root} is an empty folder; expected {EXPECTED}: unpack StressID there.")
    path = _entry(root, LABELS_FILE)
    if path is None:
        inside = next(root.glob(f"*/{LABELS_FILE}"), None)
        advice = f"did you mean {inside.parent}?" if inside else "restore it from the release."
        found = ", ".join(sorted(entry.name for entry in root.iterdir())[:5])
        raise DatasetError(f"{root} has no {LABELS_FILE}; expected {EXPECTED}, found {found}: {advice}")
    return path


def find_sources(root: Path) -> tuple[dict[str, dict[str, Path]], list[Path]]:
    """The files of every recording, and those that lie outside the folder of their subject.

    A raw file (wav, mp4, txt) wins over an image of the same modality that was made earlier.

    Returns:
        Recording name → modality → file; and the misplaced files, which are not in it.

    Raises:
        DatasetError: the tree has no file of any modality.
    """
    raw: dict[str, dict[str, Path]] = {}
    images: dict[str, dict[str, Path]] = {}
    misplaced = []
    for folder, path in _files(root):
        name, modalities = _contents(folder, path)
        if not modalities:
            continue
        if name.partition("_")[0] != path.parent.name:
            misplaced.append(path)
            continue
        found = images if path.suffix.lower() == ".png" else raw
        for modality in modalities:
            found.setdefault(name, {}).setdefault(modality, path)
    if not raw and not images and not misplaced:
        raise DatasetError(
            f"{root} has no recordings; expected files such as Audio/<subject>/<subject>_<Task>.wav under "
            f"{', '.join(FOLDERS)}: unpack StressID there."
        )
    return {name: images.get(name, {}) | raw.get(name, {}) for name in raw.keys() | images.keys()}, misplaced


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """(folder of FOLDERS, file) of every visible file in it or one level below, in a fixed order."""
    for folder in FOLDERS:
        top = _entry(root, folder)
        if top is None or not top.is_dir():
            continue
        for entry in sorted(top.iterdir()):
            for path in sorted(entry.iterdir()) if entry.is_dir() else [entry]:
                if not path.name.startswith(".") and path.is_file():  # "._x.wav" is a copy's metadata
                    yield folder, path


def _contents(folder: str, path: Path) -> tuple[str, tuple[str, ...]]:
    """The recording that a file belongs to and the modalities that it holds (none: not a file of ours)."""
    suffix = path.suffix.lower()
    if folder == "Physiological" and suffix == ".png":
        name, _, signal = path.stem.rpartition("_")
        return name, (signal.lower(),) if signal.lower() in PHYSIOLOGICAL else ()
    holds = {
        ("Audio", ".wav"): ("audio",),
        ("Audio", ".png"): ("audio",),
        ("Videos", ".mp4"): ("video",),
        ("Physiological", ".txt"): PHYSIOLOGICAL,
    }
    return path.stem, holds.get((folder, suffix), ())


def _entry(root: Path, name: str) -> Path | None:
    """The entry of a folder by its name; upper and lower case do not matter unless both exist."""
    matches = sorted(entry for entry in root.iterdir() if entry.name.lower() == name.lower())
    exact = [entry for entry in matches if entry.name == name]
    return next(iter(exact + matches), None)

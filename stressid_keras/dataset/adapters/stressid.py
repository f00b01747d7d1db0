"""Where a StressID tree keeps its files: which file holds which modality of which recording."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset.adapters.adapter import Adapter, Contents, adapter
from stressid_keras.dataset.labels import Labels, read_labels
from stressid_keras.dataset.names import canonical, is_usable
from stressid_keras.dataset.recording import Recording
from stressid_keras.errors import DatasetError
from stressid_keras.modalities import PHYSIOLOGICAL, RECORDS

LABELS_FILE = "labels.csv"
FOLDERS = tuple(dict.fromkeys(record.folder for record in RECORDS.values()))
EXPECTED = f"{', '.join(FOLDERS)} and {LABELS_FILE}"


@adapter
class StressIDTree(Adapter):
    """The tree as released: a folder for each kind of file, and a label table."""

    name = "stressid"
    place = 10.0

    def recognises(self, path: Path) -> bool:
        if path.is_dir():
            return _entry(path, LABELS_FILE) is not None
        return path.name.lower() == LABELS_FILE  # which is refused: its folder is wanted

    def recording_folders(self, path: Path) -> tuple[Path, ...]:
        return tuple(path / name for name in FOLDERS)

    def read(self, path: Path, config: DatasetConfig) -> Contents:
        table = labels_path(path)
        files = find_sources(path)
        labels = read_labels(table, config.label_column, len(config.names), files.subjects)
        labelled = tuple(
            _recording(name, label, labels, files)
            for name, label in sorted(labels.by_recording.items())
            if label is not None
        )
        if not labelled:
            rows = (
                f"{len(labels.by_recording)} recordings without a label and {len(labels.misnamed)} rows that "
            )
            raise DatasetError(
                f"{table} labels no recording; expected rows such as '2ea4_Speaking,1,2' with a value in "
                f"{config.label_column!r}, found {rows}name none: fill in the labels."
            )
        strays = (
            f"{len(files.misplaced)} files lie outside their subject's folder; " if files.misplaced else ""
        )
        return Contents(
            recordings=labelled,
            rows=len(labels.by_recording),
            class_names=config.names,
            label_column=config.label_column,
            oddities=tuple(_oddities(labels, labelled, files)),
            naming=f"{strays}name files <folder>/<subject>/<subject>_<Task> as in {table.name}",
        )


def _recording(name: str, label: int, labels: Labels, files: "Sources") -> Recording:
    """The folder in which its files are says whose it is; without files, the label table does."""
    subject = files.owners.get(name, labels.subjects[name])
    return Recording(name, subject, name[len(subject) + 1 :], label, files.by_recording.get(name, {}))


def _oddities(labels: Labels, labelled, files: "Sources"):
    yield "Rows of labels.csv that name no recording, ignored", labels.misnamed
    yield "Labelled recordings without any file", [r.name for r in labelled if not r.sources]
    unlisted = files.by_recording.keys() - labels.by_recording.keys()
    yield "Recordings with files but no row in labels.csv", unlisted
    misplaced = [path.name for path in files.misplaced]
    yield "Files outside the folder of their subject, ignored", misplaced
    unusable = [ascii(path.name) for path in files.unusable]
    yield "Files with control characters in their name, ignored", unusable
    repeated = [path.name for path in files.repeated]
    yield "Files beside another of the same recording and modality, ignored", repeated
    yield "Recordings with files in the folders of two subjects, ignored", files.torn


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


@dataclass(frozen=True)
class Sources:
    """The files of every recording, and those that belong to none. Names are canonical; paths are as on disk."""

    by_recording: dict[str, dict[str, Path]]  # recording → modality → file
    owners: dict[str, str]  # recording → the subject in whose folders its files are
    subjects: frozenset[str]  # who has a folder
    misplaced: tuple[Path, ...]  # outside the folder of their subject
    unusable: tuple[Path, ...]  # of a name with control characters
    repeated: tuple[Path, ...]  # another file holds the same modality of the same recording
    torn: tuple[
        str, ...
    ]  # recordings with files in the folders of two subjects, either of whom they may be of


def find_sources(root: Path) -> Sources:
    """The files of every recording.

    The subject of a file is the folder in which it is, and its name begins with the subject's: whoever is called
    `sub_01` keeps the underscore. A raw file (wav, mp4, txt) wins over an image of the same modality that was made
    earlier.

    Raises:
        DatasetError: the tree has no file of any modality.
    """
    raw: dict[str, dict[str, Path]] = {}
    images: dict[str, dict[str, Path]] = {}
    owners: dict[str, set[str]] = {}
    subjects = set()
    misplaced, unusable, repeated = [], [], []
    for folder, path in _files(root):
        name, modalities = _contents(folder, path)
        if not modalities:
            continue
        subject = canonical(path.parent.name)
        if not is_usable(name) or not is_usable(subject):
            unusable.append(path)
            continue
        if not name.startswith(f"{subject}_") or name == f"{subject}_":
            misplaced.append(path)
            continue
        subjects.add(subject)
        owners.setdefault(name, set()).add(subject)
        found = (images if path.suffix.lower() == ".png" else raw).setdefault(name, {})
        if any(modality in found for modality in modalities):
            repeated.append(path)
        for modality in modalities:
            found.setdefault(modality, path)
    if not raw and not images and not misplaced and not unusable:
        raise DatasetError(
            f"{root} has no recordings; expected files such as Audio/<subject>/<subject>_<Task>.wav under "
            f"{', '.join(FOLDERS)}: unpack StressID there."
        )
    whole = [name for name, people in owners.items() if len(people) == 1]
    return Sources(
        by_recording={name: images.get(name, {}) | raw.get(name, {}) for name in whole},
        owners={name: next(iter(owners[name])) for name in whole},
        subjects=frozenset(subjects),
        misplaced=tuple(misplaced),
        unusable=tuple(unusable),
        repeated=tuple(repeated),
        torn=tuple(owners.keys() - set(whole)),
    )


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
    suffix, stem = path.suffix.lower(), canonical(path.stem)
    if folder == "Physiological" and suffix == ".png":
        name, _, signal = stem.rpartition("_")
        return name, (signal.lower(),) if signal.lower() in PHYSIOLOGICAL else ()
    holds = {
        (record.folder, record.suffix): PHYSIOLOGICAL if record.is_signal else (name,)
        for name, record in RECORDS.items()
    }
    holds[RECORDS["audio"].folder, ".png"] = ("audio",)
    return stem, holds.get((folder, suffix), ())


def _entry(root: Path, name: str) -> Path | None:
    """The entry of a folder by its name; upper and lower case do not matter unless both exist."""
    matches = sorted(entry for entry in root.iterdir() if entry.name.lower() == name.lower())
    exact = [entry for entry in matches if entry.name == name]
    return next(iter(exact + matches), None)

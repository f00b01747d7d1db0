"""What a StressID tree holds for us: its usable recordings, with their labels and files."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset.adapters.stressid import Sources, find_sources, labels_path
from stressid_keras.dataset.labels import Labels, read_labels
from stressid_keras.errors import DatasetError
from stressid_keras.modalities import MODALITIES, PRIVILEGED


@dataclass(frozen=True)
class Recording:
    """One task of one subject: its label and the file of each modality that exists."""

    name: str  # "2ea4_Speaking"
    subject: str  # "2ea4"
    task: str  # "Speaking"
    label: int
    sources: dict[str, Path]  # modality → file; one text file holds ecg, eda and rr

    @property
    def modalities(self) -> tuple[str, ...]:
        """Those of `config.MODALITIES` that this recording has, in that order."""
        return tuple(modality for modality in MODALITIES if modality in self.sources)

    @property
    def is_complete(self) -> bool:
        return self.modalities == MODALITIES


@dataclass(frozen=True)
class DatasetIndex:
    """The recordings of a tree that are used, and an account of those that are not.

    `counts` holds `rows` of labels.csv (`labelled` + `without_label`); of the labelled ones those
    `without_files`, `incomplete` and `used` (these three add up); of the used ones those `without_audio`,
    which only the teacher learns from.
    """

    root: Path
    recordings: tuple[Recording, ...]  # by name
    class_names: tuple[str, ...]
    label_column: str
    counts: dict[str, int]
    warnings: tuple[str, ...]
    labelled: tuple[Recording, ...]  # by name; the used ones and those that lack files

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(sorted({recording.subject for recording in self.recordings}))

    @property
    def availability(self) -> pd.DataFrame:
        """A row per labelled recording, used or not: `recording`, `subject`, `task`, `label`, and per modality of
        `config.MODALITIES` a bool, whether it has a file."""
        names = pd.DataFrame(
            [(r.name, r.subject, r.task, r.label) for r in self.labelled],
            columns=["recording", "subject", "task", "label"],
        )
        return names.assign(**{m: [m in r.sources for r in self.labelled] for m in MODALITIES})


def index_dataset(data_dir: Path | str, config: DatasetConfig) -> DatasetIndex:
    """List the usable recordings of the StressID tree in `data_dir`.

    Used are labelled recordings with all five modalities; with `config.teacher_recordings` "all" also those
    that lack nothing but audio. Files are looked for, not opened.

    Raises:
        DatasetError: the tree or its labels cannot be used, or no recording is complete.
    """
    root = Path(data_dir)
    table = labels_path(root)
    files = find_sources(root)
    labels = read_labels(table, config.label_column, len(config.names), files.subjects)
    labelled = [
        _recording(name, label, labels, files)
        for name, label in sorted(labels.by_recording.items())
        if label is not None
    ]
    used = tuple(recording for recording in labelled if _is_used(recording, config))
    if not any(recording.is_complete for recording in used):
        raise DatasetError(_nothing_usable(table, labelled, labels, files, config))
    return DatasetIndex(
        root=root,
        recordings=used,
        class_names=config.names,
        label_column=config.label_column,
        counts=_counts(labels, labelled, used),
        warnings=tuple(_warnings(labels, labelled, used, files, config)),
        labelled=tuple(labelled),
    )


def _recording(name: str, label: int, labels: Labels, files: Sources) -> Recording:
    """The folder in which its files are says whose it is; without files, the label table does."""
    subject = files.owners.get(name, labels.subjects[name])
    return Recording(name, subject, name[len(subject) + 1 :], label, files.by_recording.get(name, {}))


def _is_used(recording: Recording, config: DatasetConfig) -> bool:
    needed = PRIVILEGED if config.teacher_recordings == "all" else MODALITIES
    return set(needed) <= set(recording.sources)


def _counts(labels: Labels, labelled: list[Recording], used: tuple[Recording, ...]) -> dict[str, int]:
    without_files = sum(not recording.sources for recording in labelled)
    return {
        "rows": len(labels.by_recording),
        "labelled": len(labelled),
        "without_label": len(labels.by_recording) - len(labelled),
        "without_files": without_files,
        "incomplete": len(labelled) - without_files - len(used),
        "used": len(used),
        "without_audio": sum(not recording.is_complete for recording in used),
    }


def _nothing_usable(
    table: Path, labelled: list[Recording], labels: Labels, files: Sources, config: DatasetConfig
) -> str:
    if not labelled:
        found = f"{len(labels.by_recording)} recordings without a label and {len(labels.misnamed)} rows that "
        return (
            f"{table} labels no recording; expected rows such as '2ea4_Speaking,1,2' with a value in "
            f"{config.label_column!r}, found {found}name none: fill in the labels."
        )
    lacking = (
        f"{sum(modality not in recording.sources for recording in labelled)} lack {modality}"
        for modality in MODALITIES
    )
    strays = f"; {len(files.misplaced)} files lie outside their subject's folder" if files.misplaced else ""
    return (
        f"{table.parent} has no recording with all five modalities: of {len(labelled)} labelled recordings "
        f"{', '.join(lacking)}{strays}; name files <folder>/<subject>/<subject>_<Task> as in {table.name}."
    )


def _warnings(
    labels: Labels,
    labelled: list[Recording],
    used: tuple[Recording, ...],
    files: Sources,
    config: DatasetConfig,
) -> Iterator[str]:
    """Yield one sentence per kind of oddity, with a count and an example."""
    per_subject = Counter(recording.subject for recording in used)
    per_class = Counter(recording.label for recording in used)
    oddities = (
        ("Rows of labels.csv that name no recording, ignored", labels.misnamed),
        ("Labelled recordings without any file", [r.name for r in labelled if not r.sources]),
        (
            "Recordings with files but no row in labels.csv",
            files.by_recording.keys() - labels.by_recording.keys(),
        ),
        ("Files outside the folder of their subject, ignored", [path.name for path in files.misplaced]),
        (
            "Files with control characters in their name, ignored",
            [ascii(path.name) for path in files.unusable],
        ),
        (
            "Files beside another of the same recording and modality, ignored",
            [p.name for p in files.repeated],
        ),
        ("Recordings with files in the folders of two subjects, ignored", files.torn),
        ("Subjects with a single recording", [s for s, count in per_subject.items() if count == 1]),
        ("Classes without any recording", [n for i, n in enumerate(config.names) if not per_class[i]]),
    )
    for what, which in oddities:
        if which:
            such_as = "" if len(which) == 1 else "such as "
            yield f"{what}: {len(which)} ({such_as}{min(which)})."

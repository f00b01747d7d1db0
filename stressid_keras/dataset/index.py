"""What a data set holds for us: its usable recordings, with their labels and files."""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stressid_keras.config import DatasetConfig
from stressid_keras.dataset.adapters import Contents, adapter_of
from stressid_keras.dataset.recording import Recording
from stressid_keras.errors import DatasetError
from stressid_keras.modalities import MODALITIES, PRIVILEGED, spoken_list


@dataclass(frozen=True)
class DatasetIndex:
    """The recordings that are used, and an account of those that are not.

    `counts` holds `rows` of the label table (`labelled` + `without_label`); of the labelled ones those
    `without_files`, `incomplete` and `used` (these three add up); of the used ones those `without_audio`,
    which only the teacher learns from.
    """

    root: Path
    recordings: tuple[Recording, ...]  # by name; of their files, those of `modalities`
    class_names: tuple[str, ...]
    label_column: str
    counts: dict[str, int]
    warnings: tuple[str, ...]
    labelled: tuple[Recording, ...]  # by name; the used ones and those that lack files
    modalities: tuple[str, ...] = MODALITIES  # those of a complete recording: the student's and the teacher's

    @property
    def privileged(self) -> tuple[str, ...]:
        """The teacher's modalities."""
        return tuple(modality for modality in self.modalities if modality in PRIVILEGED)

    @property
    def needed(self) -> tuple[str, ...]:
        """What a recording is of no use without: the teacher's modalities or, where no teacher looks, all."""
        return self.privileged or self.modalities

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(sorted({recording.subject for recording in self.recordings}))

    @property
    def availability(self) -> pd.DataFrame:
        """A row per labelled recording, used or not: `recording`, `subject`, `task`, `label`, and per modality of
        `modalities.MODALITIES` a bool, whether it has a file."""
        names = pd.DataFrame(
            [(r.name, r.subject, r.task, r.label) for r in self.labelled],
            columns=["recording", "subject", "task", "label"],
        )
        return names.assign(**{m: [m in r.sources for r in self.labelled] for m in MODALITIES})


def index_dataset(
    data_dir: Path | str, config: DatasetConfig, modalities: tuple[str, ...] | None = None
) -> DatasetIndex:
    """List the usable recordings of the data at `data_dir`, a StressID tree or what another adapter recognises.

    Used are labelled recordings with audio and all of the teacher's modalities; with `config.teacher_recordings` "all"
    also those that lack nothing but audio. Files are looked for, not opened.

    Args:
        modalities: of a complete recording, in the place of the configuration's: of data that no teacher sees, audio
            alone. Nothing is used then that lacks one.

    Raises:
        DatasetError: the data or their labels cannot be used, or no recording is complete.
    """
    path = Path(data_dir)
    kind = adapter_of(path)
    found = kind.read(path, config)
    learned = modalities is None and config.teacher_recordings == "all"
    modalities = modalities or config.modalities
    for modality in modalities:
        if modality in found.absent:
            raise DatasetError(found.absent[modality])
    wanted = set(modalities)
    needed = set(config.teacher_modalities) if learned else wanted
    used = tuple(_limited(r, wanted) for r in found.recordings if needed <= set(r.sources))
    complete = [recording for recording in used if wanted <= set(recording.sources)]
    if not complete:
        raise DatasetError(_nothing_usable(kind.root(path), found, modalities))
    return DatasetIndex(
        root=kind.root(path),
        recordings=used,
        class_names=found.class_names,
        label_column=found.label_column,
        counts=_counts(found, used, len(complete)),
        warnings=tuple(_warnings(found, used)),
        labelled=found.recordings,
        modalities=modalities,
    )


def _limited(recording: Recording, modalities: set[str]) -> Recording:
    sources = {name: path for name, path in recording.sources.items() if name in modalities}
    return dataclasses.replace(recording, sources=sources)


def _counts(found: Contents, used: tuple[Recording, ...], n_complete: int) -> dict[str, int]:
    without_files = sum(not recording.sources for recording in found.recordings)
    return {
        "rows": found.rows,
        "labelled": len(found.recordings),
        "without_label": found.rows - len(found.recordings),
        "without_files": without_files,
        "incomplete": len(found.recordings) - without_files - len(used),
        "used": len(used),
        "without_audio": len(used) - n_complete,
    }


def _nothing_usable(root: Path, found: Contents, modalities: tuple[str, ...]) -> str:
    lacking = (
        f"{sum(modality not in recording.sources for recording in found.recordings)} lack {modality}"
        for modality in modalities
    )
    return (
        f"{root} has no recording with {spoken_list(modalities)}: of {len(found.recordings)} labelled recordings "
        f"{', '.join(lacking)}; {found.naming}."
    )


def _warnings(found: Contents, used: tuple[Recording, ...]) -> Iterator[str]:
    """Yield one sentence per kind of oddity, with a count and an example."""
    per_subject = Counter(recording.subject for recording in used)
    per_class = Counter(recording.label for recording in used)
    oddities = (
        *found.oddities,
        ("Subjects with a single recording", [s for s, count in per_subject.items() if count == 1]),
        ("Classes without any recording", [n for i, n in enumerate(found.class_names) if not per_class[i]]),
    )
    for what, which in oddities:
        if which:
            such_as = "" if len(which) == 1 else "such as "
            yield f"{what}: {len(which)} ({such_as}{min(which)})."

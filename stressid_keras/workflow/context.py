"""What every verb of a run is given: where it reads and writes, how, and what was made for it before."""

import contextlib
import dataclasses
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from stressid_keras.config import Jobs, RunConfig
from stressid_keras.dataset import SubjectSplit
from stressid_keras.dataset.adapters import adapter_of
from stressid_keras.errors import StressIDError
from stressid_keras.ranges import checked
from stressid_keras.system.locking import RUN_LOCK, exclusive
from stressid_keras.system.processes_together import processes_together
from stressid_keras.workflow.reporter import Reporter


class Fold(NamedTuple):
    """One of the splits of a cross-validation."""

    index: int  # from 0
    count: int
    unit: str = "subject"  # "recording": people are in several parts, to show what such a split pretends


class Made(dict):
    """Results of verbs, by verb; of one process: what is sent to another one begins anew there."""

    def __reduce__(self):
        return Made, ()


@dataclass(frozen=True, eq=False)
class RunContext:
    """One run: paths and options, which do not change.

    Attributes:
        data_dir: the StressID tree, or what another adapter reads.
        prepared_dir: the prepared folder, made if need be; runs on one tree may share it.
        output_dir: where the run's own files go.
        config: every option.
        jobs: processes of the preparation.
        reporter: told what happens.
        scheduler: address of a Dask scheduler that prepares instead of processes of this machine.
        fold: the split is this one of a cross-validation.
        other_trees: other data, of which audio is heard, that the finished students are tested on, too.
        replaced: verbs, each with the function that is called in its place, such as `{train_teacher: toy_teacher}`; it
            leaves the files of the verb and gives back what the verb would.
        split: who is in which part, in the place of a division of its own or a fold's.
        common_dir: where what does not depend on the student goes, which trials of a search have in common: split,
            teacher, what is imitated; None: the output folder.
        made: what verbs have given back, so that to ask twice is cheap; a changed context has made nothing yet.

    Raises:
        StressIDError: `jobs` makes no sense, or a folder to write to is among the recordings.
    """

    data_dir: Path
    prepared_dir: Path
    output_dir: Path
    config: RunConfig = field(default_factory=RunConfig)
    jobs: int = 1
    reporter: Reporter = field(default_factory=Reporter)
    scheduler: str = ""
    fold: Fold | None = None
    other_trees: tuple[Path, ...] = ()
    replaced: Mapping[Callable, Callable] = field(default_factory=dict)
    split: SubjectSplit | None = None
    common_dir: Path | None = None
    made: Made = field(default_factory=Made, init=False, repr=False)

    def __post_init__(self):
        checked(Jobs, self.jobs, "jobs")
        written = {"prepared windows": self.prepared_dir, "results": self.output_dir}
        _refuse_among_recordings(self.data_dir, written)

    @property
    def common(self) -> Path:
        return self.common_dir or self.output_dir

    def branch(self, *kept: Callable, **changes) -> "RunContext":
        """The context with other values, for which what the verbs `kept` make for this one counts as made."""
        other = dataclasses.replace(self, **changes)
        other.made.update((verb, verb(self)) for verb in kept)
        return other

    def detached(self, output_dir: Path, *kept: Callable, **changes) -> "RunContext":
        """A branch for a process of its own, perhaps on another machine: quiet, its paths the same from anywhere.

        Raises:
            StressIDError: this process trains together with others, which a process of its own would not.
        """
        if processes_together()[0] > 1:
            raise StressIDError(
                "folds and trials are trained each in a process of its own, not by several together; run them on one "
                "machine, or on Dask workers (--backend dask)."
            )
        return self.branch(
            *kept,
            **{
                "data_dir": self.data_dir.absolute(),
                "prepared_dir": self.prepared_dir.absolute(),
                "output_dir": output_dir.absolute(),
                "jobs": 1,
                "reporter": Reporter(),
                "scheduler": "",
                "other_trees": tuple(tree.absolute() for tree in self.other_trees),
                **changes,
            },
        )

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock of the output folder, around verbs that belong together; whoever holds it may ask again.

        Raises:
            StressIDError: the folder cannot be written, or was removed meanwhile.
        """
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(exclusive(self.output_dir, RUN_LOCK))
            except OSError as error:
                raise StressIDError(
                    f"{self.output_dir} cannot be written ({error.strerror}); choose another output folder."
                ) from None
            yield


def verb(function: Callable) -> Callable:
    """A function of a context that does its work once, or has it done by what the context names in its place.

    The function itself, which makes what is missing or stale and reuses the rest, is its `__wrapped__`.
    """

    @functools.wraps(function)
    def once(context: RunContext):
        if once not in context.made:
            context.made[once] = context.replaced.get(once, function)(context)
        return context.made[once]

    return once


def _refuse_among_recordings(data_dir: Path, folders: dict[str, Path]) -> None:
    """Raises StressIDError if a folder to write to, by what it is for, is the tree's own or one of its recordings'."""
    place = Path(os.path.realpath(data_dir))  # which minds no loop of links, as Path.resolve does
    kind = adapter_of(place)
    root, kept = kind.root(place), kind.recording_folders(place)
    for purpose, folder in folders.items():
        resolved = Path(os.path.realpath(folder))
        if resolved == root or any(resolved.is_relative_to(path) for path in kept):
            raise StressIDError(
                f"{folder} is where the recordings of {data_dir} are; expected another folder for the {purpose}."
            )

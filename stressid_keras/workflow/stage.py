"""Records of finished stages: what made an output, so that a stale one is noticed and a current one reused."""

import contextlib
import contextvars
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from stressid_keras.errors import StaleError, name_file
from stressid_keras.provenance import (
    file_fingerprint,
    fingerprint,
    read_json,
    read_sealed,
    versions,
    write_sealed,
)
from stressid_keras.system.locking import exclusive
from stressid_keras.workflow.reporter import Reporter

ENTRIES = {"fingerprint": str, "inputs": dict, "summary": dict, "seconds": (int, float), "outputs": dict}

_may_work = contextvars.ContextVar("may_work", default=True)


class WorkToDo(Exception):
    """A stage would have had to run where none may."""


@contextlib.contextmanager
def nothing_runs() -> Iterator[None]:
    """What calls for the work of a stage raises `WorkToDo` instead, before anything is removed or written."""
    token = _may_work.set(False)
    try:
        yield
    finally:
        _may_work.reset(token)


class Stage:
    """One step of a run and the JSON file that says what its outputs were made from.

    Args:
        folder: the run's output folder; the record is `<name>.json` in it.
        name: of the stage.
        inputs: JSON values that decide the outputs (configuration, fingerprints of what is read, seed).
        outputs: names of the files, inside `folder`, that the stage leaves.
        further: names of folders in it where the stage leaves files whose names only its work knows.
    """

    def __init__(
        self, folder: Path, name: str, inputs: dict, outputs: tuple[str, ...], further: tuple[str, ...] = ()
    ):
        self.folder = Path(folder)
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.further = further
        self.fingerprint = fingerprint(name, inputs)

    @property
    def record_path(self) -> Path:
        return self.folder / f"{self.name}.json"

    @property
    def record(self) -> dict:
        """The record of the last run, whatever it was made from.

        Raises:
            StaleError: as `read_record`.
        """
        return read_record(self.folder, self.name)

    def is_current(self) -> bool:
        """Whether record and outputs are there, unchanged since they were written, and made from these very inputs."""
        record = _record(self.record_path)
        return (
            record is not None
            and record["fingerprint"] == self.fingerprint
            and record["outputs"] == self._output_fingerprints(self._further_outputs(record["outputs"]))
        )

    def ensure(self, work, reporter: Reporter, title: str = "", files: Sequence[str] = ()) -> "Stage":
        """Itself, run unless its outputs are current; then the reporter is told that they are used as they are.

        Args:
            work: as for `run`.
            title: what the reporter is told of, in the place of the name.
            files: of the outputs, those that the reporter is told of; by default all; the record if there are none.
        """
        if not self.is_current():
            if not _may_work.get():
                raise WorkToDo(self.name)
            with exclusive(self.folder):
                # Trials of a search share teachers: of two that want one, the second finds it made.
                if not self.is_current():
                    self.run(work)
                    return self
        shown = [self.folder / name for name in files or self.outputs] or [self.record_path]
        reporter.reused(title or self.name, shown)
        return self

    def run(self, work) -> dict:
        """Call `work()`, which makes the outputs and returns a summary, and record it.

        Of the summary, `files` are the names of outputs in the folders of `further`. The old record and outputs go
        first: if the work is interrupted or refused, nothing claims to be its result.
        Nobody else writes in the folder meanwhile.

        Raises:
            StaleError: the folder was removed meanwhile, or an output is not there in the end.
            OSError: a file cannot be written; it is named.
        """
        if not _may_work.get():
            raise WorkToDo(self.name)
        with exclusive(self.folder):
            old = self._further_outputs((_record(self.record_path) or {}).get("outputs", ()))
            for path in (self.record_path, *(self.folder / name for name in (*self.outputs, *old))):
                path.unlink(missing_ok=True)
            start = time.monotonic()
            summary = dict(self._call(work) or {})
            outputs = self._output_fingerprints(self._further_outputs(summary.pop("files", ())))
            if outputs is None:
                raise StaleError(f"{self.folder} lost what {self.name} had written there; run again.")
            record = {
                "stage": self.name,
                "fingerprint": self.fingerprint,
                "inputs": self.inputs,
                "summary": summary,
                "seconds": round(time.monotonic() - start, 1),
                "versions": versions(),
                "outputs": outputs,
            }
            write_sealed(self.record_path, record)
        return record

    def _call(self, work):
        try:
            return work()
        except OSError as error:
            name_file(error, self.folder)
            raise

    def _further_outputs(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are of files in the folders of `further`: a record makes no other file go."""
        return [name for name in names if name in (f"{at}/{Path(name).name}" for at in self.further)]

    def _output_fingerprints(self, further: Iterable[str]) -> dict[str, str] | None:
        try:
            return {name: file_fingerprint(self.folder / name) for name in (*self.outputs, *further)}
        except OSError:
            return None


def read_record(folder: Path, name: str) -> dict:
    """What the stage of that name recorded in a folder when it was last run.

    Raises:
        StaleError: there is no record, or it is damaged, was changed since, or is of an earlier version.
    """
    path = Path(folder) / f"{name}.json"
    record = _record(path)
    if record is None:
        what = "is damaged, was changed or is of an earlier version" if path.is_file() else "is missing"
        raise StaleError(f"{path} {what}; expected the record of a finished {name}: run it again.")
    return record


def read_result(path: Path) -> dict:
    """The content of a JSON file that a stage has just made or found current.

    Raises:
        StaleError: it has gone or was changed meanwhile.
    """
    values = read_json(path)
    if not isinstance(values, dict):
        raise StaleError(f"{path} was removed or changed while it was in use; run again.")
    return values


def _record(path: Path) -> dict | None:
    record = read_sealed(path)
    if record is None or not all(isinstance(record.get(name), kind) for name, kind in ENTRIES.items()):
        return None
    return record

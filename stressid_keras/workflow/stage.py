"""Records of finished stages: what made an output, so that a stale one is noticed and a current one reused."""

import contextlib
import time
from pathlib import Path

from stressid_keras.provenance import file_fingerprint, fingerprint, read_json, versions, write_json


class Stage:
    """One step of a run and the JSON file that says what its outputs were made from.

    Args:
        folder: the run's output folder; the record is `<name>.json` in it.
        name: of the stage.
        inputs: JSON values that decide the outputs (configuration, fingerprints of what is read, seed).
        outputs: names of the files, inside `folder`, that the stage leaves.
    """

    def __init__(self, folder: Path, name: str, inputs: dict, outputs: tuple[str, ...]):
        self.folder = Path(folder)
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.fingerprint = fingerprint(name, inputs)

    @property
    def record_path(self) -> Path:
        return self.folder / f"{self.name}.json"

    @property
    def record(self) -> dict | None:
        """The record of an earlier run, whatever it was made from; None if there is none."""
        record = read_json(self.record_path)
        return record if isinstance(record, dict) else None

    def is_current(self) -> bool:
        """Whether the outputs are there, whole, and made from these very inputs."""
        record = self.record
        return (
            record is not None
            and record.get("fingerprint") == self.fingerprint
            and record.get("outputs") == self._output_fingerprints()
        )

    def run(self, work) -> dict:
        """Call `work()`, which makes the outputs and returns a summary, and record it.

        The old record and outputs go first: if the work is interrupted or refused, nothing claims to be its result.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in (self.record_path, *(self.folder / name for name in self.outputs)):
            path.unlink(missing_ok=True)
        start = time.monotonic()
        try:
            summary = work() or {}
        except OSError as error:
            if (
                error.filename is None
            ):  # a full disk: some writers do not say which file they have no room for
                with contextlib.suppress(AttributeError):  # an error of PyAV's has a name that cannot be set
                    error.filename = str(self.folder)
            raise
        record = {
            "stage": self.name,
            "fingerprint": self.fingerprint,
            "inputs": self.inputs,
            "summary": summary,
            "seconds": round(time.monotonic() - start, 1),
            "versions": versions(),
            "outputs": self._output_fingerprints(),
        }
        write_json(self.record_path, record)
        return record

    def _output_fingerprints(self) -> dict[str, str] | None:
        paths = {name: self.folder / name for name in self.outputs}
        if not all(path.is_file() for path in paths.values()):
            return None
        return {name: file_fingerprint(path) for name, path in paths.items()}
